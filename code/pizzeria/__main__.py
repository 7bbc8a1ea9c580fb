"""`python -m pizzeria`."""

import sys

from pizzeria.cli import main

if __name__ == "__main__":
    sys.exit(main())
