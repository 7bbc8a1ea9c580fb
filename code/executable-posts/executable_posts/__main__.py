"""Run the engine's command line: ``python -m executable_posts COMMAND``."""

import sys

from .cli import main

sys.exit(main())
