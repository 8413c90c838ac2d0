"""The program's start, before any command of it runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_INTERRUPTED = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "pincite.app.cli.main":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs this may have it ignored
sys.meta_path.insert(0, Interrupt())
"""


def test_an_interrupt_while_it_is_still_being_loaded_is_no_stack_trace(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(_INTERRUPTED)
    paths = os.pathsep.join([str(tmp_path), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    environment = {**os.environ, "PYTHONPATH": paths, "PINCITE_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "pincite.app.cli", "documents", "list"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Stopped.\n")


@pytest.mark.parametrize(("given", "kept"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "2"}, "2")])
def test_numbers_are_kept_in_one_thread_unless_somebody_says_otherwise(given: dict[str, str], kept: str) -> None:
    told = "import atexit, os; atexit.register(lambda: print(os.environ['OPENBLAS_NUM_THREADS']))"
    start = "import sys; sys.argv = ['pincite', '--version']; from pincite.app.program import main; main()"
    others = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", f"{told}; {start}"]
    done = subprocess.run(command, env=others | given, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.splitlines()[-1] == kept, done.stderr
