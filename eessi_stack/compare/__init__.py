"""What is true of every package of a stack on one target: installed, missing, excluded, drifted."""
