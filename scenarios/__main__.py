"""``python -m scenarios`` is the command ``millpond``."""

from scenarios.command import main

main()
