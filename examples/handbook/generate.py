"""Writes the demo corpus: `python examples/handbook/generate.py [--out DIR]`.

The same sources always give the same bytes; the files are committed, so users need not run this.
"""

import argparse
from pathlib import Path

from handbook_writer import write_corpus

HERE = Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the Harrowtide handbook.")
    parser.add_argument("--out", type=Path, default=HERE / "files", help="folder to write into")
    for file in write_corpus(HERE / "source", parser.parse_args().out):
        print(f"{file.stat().st_size:>9,}  {file.name}")


if __name__ == "__main__":
    main()
