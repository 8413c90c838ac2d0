"""The web build knows when there is nothing to do; that it builds is shown by `make web` and by every wheel."""

from pathlib import Path

import build_web


def app(root: Path) -> Path:
    web = root / "web"
    (web / "src").mkdir(parents=True)
    (web / "package.json").write_text("{}")
    (web / "src" / "main.ts").write_text("1")
    return web


def built(root: Path) -> None:
    static = root / "src" / "pincite" / "app" / "static"
    static.mkdir(parents=True)
    (static / "index.html").write_text("")
    (static / build_web._STAMP).write_text(build_web._sources_digest(root / "web"))


def test_without_a_web_app_there_is_nothing_to_build(tmp_path: Path) -> None:
    assert "nothing to build" in build_web.build(tmp_path)


def test_what_was_built_from_the_same_sources_is_not_built_again(tmp_path: Path) -> None:
    app(tmp_path)
    built(tmp_path)
    assert build_web.build(tmp_path) == "web: up to date"


def test_what_a_build_leaves_behind_is_no_source_and_a_changed_source_is(tmp_path: Path) -> None:
    web = app(tmp_path)
    before = build_web._sources_digest(web)
    (web / "node_modules").mkdir()
    (web / "node_modules" / "a.js").write_text("1")
    (web / "tsconfig.tsbuildinfo").write_text("1")
    assert build_web._sources_digest(web) == before
    (web / "src" / "main.ts").write_text("2")
    assert build_web._sources_digest(web) != before
