"""Lets `python -m pincite.app.cli` stand for `pincite`.

Nothing else lives here; the commands are in `main.py`.
"""

from pincite.app.program import main

main()
