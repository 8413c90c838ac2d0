"""An environment of its own for each peer, made once from the exact versions in `requirements/`.

Nothing of it is a dependency of Pincite, not even of its development.
"""

import shutil
import subprocess
import sys
from pathlib import Path

_REQUIREMENTS = Path(__file__).parent / "requirements"
_MADE_FROM = "made-from.txt"


def python_of(peer: str, folder: Path) -> Path:
    """Return the Python of a peer's environment under `folder`, installing it first where it is not there or is old.

    Raises:
        subprocess.CalledProcessError: the packages could not be installed.
    """
    wanted = (_REQUIREMENTS / f"{peer}.txt").read_text(encoding="utf-8")
    place = folder / peer
    python = place / "bin" / "python"
    mark = place / _MADE_FROM
    if not mark.exists() or mark.read_text(encoding="utf-8") != wanted:
        print(f"installing {peer} in {place}", file=sys.stderr, flush=True)
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "-r", str(_REQUIREMENTS / f"{peer}.txt")]
        subprocess.run(command, check=True, timeout=1800)
        mark.write_text(wanted, encoding="utf-8")
    return python
