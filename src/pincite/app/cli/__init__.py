"""The command line: `pincite COMMAND`. Each command translates words into calls of the rooms and prints the result.

`main.py` collects the commands, which are in the files beside it; the program starts in `app/program.py`.
"""
