"""Why a build failed, read from what it printed."""
