"""Where `pincite` starts: imports the command line, with the garbage collector held off, and runs it.

Nothing else lives here; the commands are in `cli`.
"""

import gc
import sys
from importlib import import_module

from pincite.app.warming import keep_loaded


def main() -> None:
    """Run the command that the program was started with."""
    gc.disable()  # next to nothing of what imports make is garbage, and looking for it takes a quarter of their time
    try:
        import_module("pincite.app.settings").keep_numbers_in_one_thread()
        run = import_module("pincite.app.cli.main").main
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    keep_loaded()
    run()
