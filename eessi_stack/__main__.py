"""`python -m eessi_stack`."""

from eessi_stack.cli import main

if __name__ == "__main__":
    main()
