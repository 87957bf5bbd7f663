"""``python -m expatsim``."""

from expatsim.cli import main

main()
