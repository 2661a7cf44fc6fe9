"""EESSI's changes to EasyBuild builds, as rules: data with a reason, and a small engine that applies them.

Imports the standard library and, inside functions only, EasyBuild; so the rules can be read and tested without it.
No name in this package may end in `_hook`.
"""
