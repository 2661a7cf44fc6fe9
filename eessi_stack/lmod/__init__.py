"""Lmod's files in a prefix: its cache of what is there, and what tells Lmod of it. Checked, and made anew."""
