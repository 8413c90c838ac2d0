"""The command line: `pincite COMMAND`. Each command translates words into calls of the rooms and prints the result.

`main` is the entry point; the commands are in the files beside this one.
"""

from pincite.app.cli.main import main

__all__ = ["main"]
