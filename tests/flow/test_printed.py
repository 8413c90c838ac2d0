"""What the command line prints: no command to the terminal out of anybody's text, and what failed on standard error."""

import json
from pathlib import Path

from tests.doubles.provider import Provider
from typer.testing import CliRunner

from pincite.app.cli.main import app

ODD = "Of 1:100:2 the \x1b[31mferry\x1b]0;owned\x07 leaves at \x9b2Jnine every\rmorning.\n"


def test_texts_of_documents_and_models_command_no_terminal(
    pincite_home: Path, provider: Provider, tmp_path: Path
) -> None:
    env = {
        "PINCITE_HOME": str(pincite_home),
        "PINCITE_MODEL": "openai:test-model",
        "PINCITE_MODEL_BASE_URL": f"{provider.url}/v1",
        "PINCITE_MODEL_API_KEY": "good-key",
    }
    path = tmp_path / "times\x1b[31m.txt"
    path.write_text(ODD)
    provider.behaviour.reply = ODD.replace(".\n", " [1].")
    question = "When does the ferry leave?"
    for words in (
        ["add", str(path)],
        ["list"],
        ["search", "ferry"],
        ["ask", question, "--model", "none"],
        ["ask", question],
    ):
        result = CliRunner().invoke(app, words, env=env)
        assert result.exit_code == 0, result.output
        assert not {"\x1b", "\x07", "\x9b", "\r"} & set(result.output), words
    assert "Of 1:100:2 the \ufffd[31mferry" in result.stdout
    as_json = CliRunner().invoke(app, ["search", "ferry", "--json"], env=env)
    assert not {"\x1b", "\x9b"} & set(as_json.stdout)
    assert json.loads(as_json.stdout)["hits"][0]["text"].startswith("Of 1:100:2 the \x1b[31mferry")
    provider.behaviour.fail_times, provider.behaviour.status = 9, 401
    failed = CliRunner().invoke(app, ["ask", question], env=env)
    assert failed.exit_code == 1
    assert "was rejected" in failed.stderr
    assert failed.stdout == ""
