"""The command line says which version it is, with no home and no command."""

from importlib.metadata import version

from typer.testing import CliRunner

from pincite.app.cli.main import app


def test_it_says_its_version() -> None:
    said = CliRunner().invoke(app, ["--version"])
    assert (said.exit_code, said.stdout) == (0, f"Pincite {version('pincite')}\n")
