"""Settings: read once, unknown names refused, values checked with a sentence that names them."""

from pathlib import Path

import pytest

from pincite.app.settings import BadSettings, Settings, as_environment, read_settings


def test_defaults_keep_everything_in_one_folder(pincite_home: Path) -> None:
    settings = read_settings()
    assert settings.sql_url == f"sqlite+aiosqlite:///{pincite_home}/pincite.db"
    assert settings.jobs_sql_url == f"sqlite:///{pincite_home}/jobs.db"


def test_an_unknown_name_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_MODLE", "none")
    with pytest.raises(BadSettings, match="PINCITE_MODLE"):
        read_settings()


def test_a_bad_value_is_named_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_PORT", "eighty")
    with pytest.raises(BadSettings, match="PINCITE_PORT"):
        read_settings()


def test_a_command_line_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_PORT", "9000")
    assert read_settings(port=9100).port == 9100
    assert read_settings(port=None).port == 9000


def test_another_process_gets_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PINCITE_MODEL", "openai:large")
    monkeypatch.setenv("PINCITE_SECOND_OPINION_BAND", "0.2-0.8")
    given = read_settings(
        home=tmp_path / "a home", port=0, model="none", model_api_key="sk-" + "x" * 20, heading_weight=0.1, workers=3
    )
    for name, value in as_environment(given).items():
        monkeypatch.setenv(name, value)
    assert read_settings() == given


@pytest.mark.parametrize("given", ["postgresql://u@h/d", "postgres://u@h/d", "postgresql+asyncpg://u@h/d"])
def test_postgres_urls_get_the_drivers_that_are_used(given: str) -> None:
    settings = Settings(database_url=given)
    assert settings.sql_url == "postgresql+asyncpg://u@h/d"
    assert settings.jobs_sql_url == "postgresql://u@h/d"


def test_a_key_is_not_shown() -> None:
    settings = Settings.model_validate({"model_api_key": "sk-very-secret"})
    assert "very-secret" not in repr(settings)


@pytest.mark.parametrize("variable", ["PINCITE_DATABASE_URL", "PINCITE_JOBS_URL"])
@pytest.mark.parametrize("given", ["mysql://u:hidden@h/d", "postgresql://u:hidden@h:port/d", "nonsense"])
def test_a_database_url_that_cannot_be_used_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, variable: str, given: str
) -> None:
    monkeypatch.setenv(variable, given)
    with pytest.raises(BadSettings, match=variable) as refused:
        read_settings()
    assert "hidden" not in str(refused.value)
