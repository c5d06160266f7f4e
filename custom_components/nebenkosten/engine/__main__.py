"""Run the engine alone over a house folder."""

import sys

from ..command import main

sys.exit(main(sys.argv[1:]))
