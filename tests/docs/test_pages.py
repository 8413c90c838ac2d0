"""The docs say what the code does: links resolve, and every setting, command, error, route and event is described."""

import ast
import re
from pathlib import Path

import pytest

import reference
from pincite.guard import FileType

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_resolves(page: Path) -> None:
    targets = [
        t.split("#")[0] for t in LINK.findall(prose(page)) if "://" not in t and not t.startswith(("#", "mailto:"))
    ]
    missing = [t for t in targets if t and not (page.parent / t).exists()]
    assert missing == []


def test_every_page_is_in_the_navigation() -> None:
    named = set(re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text()))
    assert {p.relative_to(DOCS).as_posix() for p in DOCS.rglob("*.md")} == named


@pytest.mark.parametrize("name", list(reference.PAGE_MAKERS))
def test_the_made_page_is_what_the_code_makes(name: str) -> None:
    assert (reference.PAGES / name).read_text() == reference.PAGE_MAKERS[name](), "run scripts/reference.py"


def test_every_setting_has_a_meaning() -> None:
    rows = re.findall(
        r"^\| `(PINCITE_\w+)` \|.*\| (.*) \|$", (DOCS / "reference/settings.md").read_text(), re.MULTILINE
    )
    assert len(rows) > 10
    assert [name for name, meaning in rows if not meaning.strip()] == []


def test_every_setting_named_in_the_guides_exists() -> None:
    known = set(re.findall(r"`(PINCITE_\w+)`", (DOCS / "reference/settings.md").read_text())) | {"PINCITE_BENCH_DATA"}
    named = {name for page in PAGES for name in re.findall(r"\bPINCITE_[A-Z_]+[A-Z]\b", page.read_text())}
    # Whoever runs the installation names these; sources say which of them holds a secret of theirs.
    assert {name for name in named - known if not name.startswith("PINCITE_SECRET_")} == set()


def test_every_command_has_a_meaning_and_every_option_too() -> None:
    page = (DOCS / "reference/cli.md").read_text()
    sections = page.split("\n## ")[1:]
    assert len(sections) > 10
    for section in sections:
        title, _, rest = section.partition("\n")
        assert not rest.strip().startswith("```"), f"{title} says nothing about itself"
        assert not re.search(r"^\| `[^`]+` \|[^|]*\| +\|$", section, re.MULTILINE), f"{title}: an option has no help"


def test_every_command_in_the_guides_exists() -> None:
    known = set(re.findall(r"^## `pincite ([^`]+)`", (DOCS / "reference/cli.md").read_text(), re.MULTILINE))
    fences = "\n".join(f for page in PAGES for f in FENCE.findall(page.read_text()))
    before = r"^(?:PINCITE_\w+=\S+ )?(?:\.venv/bin/)?pincite (?:--as \S+ )?"
    used = re.findall(before + r"([a-z-]+(?: [a-z-]+)?)", fences, re.MULTILINE)
    unknown = [line for line in used if line not in known and line.split()[0] not in known]
    assert unknown == []


def test_every_error_has_a_meaning_and_a_code_of_its_own_kind() -> None:
    errors = reference.all_errors()
    assert len(errors) > 5
    for error in errors:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", error.code), error.code
        assert (type(error).__doc__ or "").strip(), error.code


def test_every_event_that_the_code_sends_is_described() -> None:
    page = (DOCS / "reference/events.md").read_text()
    described = set(re.findall(r"^\| `([a-z]+\.[a-z]+)`", page, re.MULTILINE))
    sources = "\n".join(p.read_text() for p in (ROOT / "src/pincite").rglob("*.py"))
    sources = re.sub(r"await note\([^)]*", "", sources)  # actions of the audit log are no events
    sent = set(re.findall(r"[\"'`]((?:answer|retrieval|document)\.(?:\w+))[\"'`]", sources))
    assert sent
    assert described == sent


def test_every_format_that_is_read_is_named_in_the_guide() -> None:
    guide = (DOCS / "how-to/add-documents.md").read_text().lower()
    assert [kind.value for kind in FileType if not re.search(rf"\b{kind.value}\b", guide)] == []


def test_every_action_of_the_audit_log_is_described() -> None:
    described = set(
        re.findall(r"`([a-z-]+\.[a-z-]+)`", (ROOT / "docs" / "how-to" / "audit.md").read_text(encoding="utf-8"))
    )
    noted = {"documents.paused", "documents.cancelled"}  # made of a state's name
    for path in (ROOT / "src" / "pincite").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_call = isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {
                "note",
                "note_now",
                "note_with_next",
                "deed",
                "_note",
                "refused",
            }
            if is_call or (isinstance(node, ast.FunctionDef) and node.name in {"_changes", "_action"}):
                words = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
                noted |= {each for each in words if isinstance(each, str) and re.fullmatch(r"[a-z-]+\.[a-z-]+", each)}
    assert len(noted) > 35
    assert noted == described
