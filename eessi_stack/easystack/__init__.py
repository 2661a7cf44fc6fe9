"""Easystack files, from their text to the targets that their entries are for."""
