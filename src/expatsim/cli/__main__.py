"""``python -m expatsim.cli``."""

from expatsim.cli import main

main()
