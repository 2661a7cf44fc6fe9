"""Declarative software-layer stack manager for EESSI and everyone who builds with EasyBuild."""

__version__ = "0.1.0"
