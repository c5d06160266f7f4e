"""Run the engine alone over a house folder."""

import sys

from ..intake.command import main

sys.exit(main(sys.argv[1:]))
