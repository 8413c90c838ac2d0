"""The installation's key: made once, for us alone, and never what a source can send away."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pincite.app.secret_key import FILE, installation_key
from pincite.app.settings import BadSettings, read_settings, source_secret


def test_it_is_made_once_and_readable_by_us_alone(pincite_home: Path) -> None:
    settings = read_settings()
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: installation_key(settings), range(16)))
    assert made == {installation_key(settings)}
    assert len(made.pop()) == 64
    assert (pincite_home / FILE).stat().st_mode & 0o777 == 0o600
    assert {each.name for each in pincite_home.iterdir()} == {FILE, "pincite.db"}, "no file is left half written"


def test_the_setting_wins_must_be_long_and_is_no_secret_of_a_source(
    pincite_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINCITE_SECRET_KEY", "k" * 32)
    assert installation_key(read_settings()) == b"k" * 32
    assert [each.name for each in pincite_home.iterdir()] == ["pincite.db"], "none is made"
    with pytest.raises(BadSettings):
        source_secret("PINCITE_SECRET_KEY")
    monkeypatch.setenv("PINCITE_SECRET_KEY", "short")
    with pytest.raises(BadSettings, match="PINCITE_SECRET_KEY"):
        read_settings()
