"""What holds for every build, one function a module; `eessi_hooks/rules/policies.py` says where each acts."""
