"""Each house rule flags a bad sample, for the reason it names, and leaves a good one alone."""

from collections.abc import Iterable
from textwrap import dedent

import pytest

from house import (
    askers,
    docstrings,
    environment,
    excepts,
    faces,
    names,
    patches,
    scope,
    singletons,
    sizes,
    transactions,
    unused,
)
from house.tree import Finding, Module, Tree

DOC = '"""What lives here.\n\nWhat does not.\n"""\n'


def tree(**files: str) -> Tree:
    """A tree of files; `library__store` stands for src/pincite/library/store.py."""
    modules = [Module(_path(name), dedent(source)) for name, source in files.items()]
    return Tree(tuple(modules))


def _path(name: str) -> str:
    if name.startswith("tests__"):
        return name.replace("__", "/") + ".py"
    return "src/pincite/" + name.replace("__", "/").replace("/face", "/__init__") + ".py"


def messages(findings: Iterable[Finding]) -> list[str]:
    return [f.message for f in findings]


def test_a_long_file_is_found_at_one_line_over_the_limit() -> None:
    fits = tree(library__service="x = 1\n" * sizes.FILE_LINES)
    over = tree(library__service="x = 1\n" * (sizes.FILE_LINES + 1))
    assert not messages(sizes.check(fits))
    assert messages(sizes.check(over)) == ["401 lines; a file stops at 400"]


def test_a_long_function_is_found_at_one_line_over_the_limit() -> None:
    fits = tree(library__service="def f():\n" + "    x = 1\n" * (sizes.FUNCTION_LINES - 1))
    over = tree(library__service="def f():\n" + "    x = 1\n" * sizes.FUNCTION_LINES)
    assert not messages(sizes.check(fits))
    assert "f has 61 lines" in messages(sizes.check(over))[0]


def test_a_seventh_parameter_is_one_too_many_and_self_is_none() -> None:
    fits = tree(library__service="class A:\n    def f(self, a, b, c, *, d, e, g): ...\n")
    over = tree(library__service="def f(a, b, c, d, *, e, g, h): ...\n")
    assert not messages(sizes.check(fits))
    assert messages(sizes.check(over)) == ["f takes 7 parameters; at most 6"]


def test_options_of_a_command_are_not_parameters_that_a_caller_writes() -> None:
    options = ", ".join(f"o{n}: Annotated[int, Option()] = {n}" for n in range(9))
    assert not messages(sizes.check(tree(app__cli=f"def f({options}): ...\n")))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("for a in b:\n  if a:\n    while c:\n      x()\n", 0),
        ("for a in b:\n  if a:\n    while c:\n      if d:\n        x()\n", 1),
        ("if a:\n  x()\nelif b:\n  x()\nelif c:\n  x()\nelif d:\n  x()\nelif e:\n  x()\n", 0),
        ("with a:\n  for b in c:\n    with d:\n      if e:\n        with f:\n          x()\n", 0),
        ("try:\n  x()\nexcept E:\n  for a in b:\n    if c:\n      if d:\n        x()\n", 1),
        ("match a:\n  case 1:\n    for b in c:\n      if d:\n        while e:\n          x()\n", 1),
    ],
)
def test_nesting_counts_branches_and_loops(body: str, found: int) -> None:
    source = "def f():\n" + "".join(f"    {line}\n" for line in body.splitlines())
    assert len(list(sizes.check(tree(library__service=source)))) == found


def test_a_long_typescript_file_is_found() -> None:
    files = Tree((), (("web/src/a.tsx", 250), ("web/src/b.tsx", 251)))
    assert [f.path for f in sizes.check(files)] == ["web/src/b.tsx"]


@pytest.mark.parametrize("name", ["library__utils", "library__text_helpers", "common__thing", "index__manager"])
def test_a_name_that_says_nothing_is_found(name: str) -> None:
    assert messages(names.check(tree(**{name: ""})))


@pytest.mark.parametrize("name", ["library__sharing", "index__adapters__lance", "core__communal"])
def test_a_name_that_only_looks_like_one_is_not(name: str) -> None:
    assert not messages(names.check(tree(**{name: ""})))


def test_a_module_says_what_lives_there_in_two_lines_or_sentences() -> None:
    assert not messages(docstrings.check(tree(library__store=DOC)))
    assert not messages(docstrings.check(tree(library__store='"""Every query. No rule lives here."""\n')))
    assert messages(docstrings.check(tree(library__store='"""Every query"""\n')))
    assert messages(docstrings.check(tree(library__store="x = 1\n")))


def test_a_face_has_at_most_fifteen_names() -> None:
    def face(count: int) -> Tree:
        return tree(
            library__face=f"from pincite.library.domain import *\n__all__ = {[f'n{i}' for i in range(count)]}\n"
        )

    assert not messages(faces.check(face(15)))
    assert messages(faces.check(face(16))) == ["the face has 16 names; at most 15"]


def test_a_face_without_all_is_found() -> None:
    assert (
        "`__all__` is missing" in messages(faces.check(tree(library__face="from pincite.library.domain import A\n")))[0]
    )


@pytest.mark.parametrize(
    ("importer", "statement", "allowed"),
    [
        ("ingest__service", "from pincite.library import Library", True),
        ("ingest__service", "from pincite.library.store import Store", False),
        ("ingest__service", "import pincite.library.store", False),
        ("ingest__service", "from pincite.core.blobs import BlobStore", True),
        ("library__service", "from pincite.library.store import Store", True),
        ("app__web", "from pincite.library.routes import LibraryRoutes", True),
        ("app__wiring", "from pincite.index.adapters.lance import LanceIndex", True),
        ("app__wiring", "from pincite.library.store import Store", False),
    ],
)
def test_others_import_from_the_face(importer: str, statement: str, allowed: bool) -> None:
    assert (not messages(faces.check(tree(**{importer: statement + "\n"})))) is allowed


def test_an_import_of_ours_inside_a_function_hides_a_cycle() -> None:
    late = "def f():\n    from pincite.library import Library\n    return Library\n"
    for_typing = "if TYPE_CHECKING:\n    from pincite.library import Library\n"
    assert "late" in messages(faces.check(tree(ingest__service=late)))[0]
    assert not messages(faces.check(tree(ingest__service=for_typing)))
    assert not messages(faces.check(tree(app__doctor=late)))


@pytest.mark.parametrize(
    "line", ["a = os.environ['X']", "a = os.getenv('X')", "from os import environ", "os.environ.setdefault('A', 'b')"]
)
def test_the_environment_is_read_in_one_place(line: str) -> None:
    assert messages(environment.check(tree(library__service=f"import os\n{line}\n")))
    assert not messages(environment.check(tree(app__settings=f"import os\n{line}\n")))


@pytest.mark.parametrize(
    "line",
    [
        "engine = create_engine('x')",
        "_CACHE: dict[str, str] = {}",
        "configure()",
        "for a in b:\n    c(a)",
        "lock = Lock()",
    ],
)
def test_work_at_import_time_is_found(line: str) -> None:
    assert messages(singletons.check(tree(library__service=line + "\n")))


@pytest.mark.parametrize(
    "line",
    [
        "WORD = re.compile('a')",
        "STATES = frozenset({'a'})",
        "log = get_logger(__name__)",
        "WEIGHTS = {'a': 0.3}",
        "__all__ = []",
    ],
)
def test_constants_are_no_work(line: str) -> None:
    assert not messages(singletons.check(tree(library__service=line + "\n")))


def test_a_global_statement_is_found() -> None:
    assert messages(singletons.check(tree(library__service="def f():\n    global state\n    state = 1\n")))


TABLES = "class DocumentRow(Table):\n    tenant: Mapped[str]\nclass Setting(Table):\n    name: Mapped[str]\n"


@pytest.mark.parametrize(
    ("store", "problem"),
    [
        ("async def get(s, scope: Scope):\n    return select(DocumentRow).where(visible_to(scope))\n", None),
        ("async def get(s, id):\n    return select(DocumentRow)\n", "without a Scope"),
        ("async def get(s, id, scope: Scope):\n    return select(DocumentRow)\n", "without a Scope"),
        ("async def get(s, scope: Scope):\n    return select(DocumentRow)\n", "past `visible_to"),
        ("async def drop(s, scope: Scope):\n    return delete(DocumentRow).where(id == 1)\n", "past `visible_to"),
        ("async def put(s, scope: Scope):\n    return insert(DocumentRow)\n", None),
        ("async def get(s):\n    return select(Setting)\n", None),
        ("async def _part(s):\n    return select(DocumentRow)\n", None),
    ],
)
def test_tenant_rows_have_one_door(store: str, problem: str | None) -> None:
    found = messages(scope.check(tree(library__tables=TABLES, library__store=store)))
    assert (problem is None and not found) or (problem is not None and problem in found[0])


def test_who_asks_is_found_without_a_scope_in_accounts_alone_and_there_too_reads_keep_to_it() -> None:
    key = "async def find_key(s, hash):\n    return select(KeyRow)\n"
    keys = "async def list_keys(s, scope: Scope):\n    return select(KeyRow)\n"
    tables = "class KeyRow(Table):\n    tenant: Mapped[str]\n"
    assert not messages(scope.check(tree(accounts__tables=tables, accounts__store=key)))
    assert messages(scope.check(tree(library__tables=tables, library__store=key)))
    assert messages(scope.check(tree(accounts__tables=tables, accounts__store=keys)))


@pytest.mark.parametrize(
    ("service", "found"),
    [
        ("class A:\n    async def find(self, scope: Scope, query: str): ...\n", 0),
        ("class A:\n    async def find(self, query: str, scope: Scope): ...\n", 1),
        ("class A:\n    async def close(self): ...\n    async def _step(self, x): ...\n", 0),
    ],
)
def test_a_service_takes_the_asker_first(service: str, found: int) -> None:
    assert len(list(scope.check(tree(retrieval__service=service)))) == found


@pytest.mark.parametrize(
    "line",
    [
        "s = await house.owner()",
        "s = system_scope('t')",
        "h = open_house(x)",
        "s = Scope('t', 'u')",
        "s = EVERY_TENANT",
    ],
)
def test_commands_and_jobs_make_no_scope_of_their_own(line: str) -> None:
    source = f"async def f(house):\n    {line}\n"
    assert messages(askers.check(tree(app__cli__documents=source)))
    assert messages(askers.check(tree(ingest__tasks=source)))
    assert not messages(askers.check(tree(app__cli__acting=source)))
    assert not messages(askers.check(tree(library__service=source)))


def test_what_commands_stand_on_takes_whom_it_is_for() -> None:
    source = "async def f(house):\n    s = await house.owner()\n"
    assert messages(askers.check(tree(app__evaluation=source)))
    assert not messages(askers.check(tree(app__wiring=source)))


@pytest.mark.parametrize("kind", ["except Exception:", "except:", "except BaseException:", "except (A, Exception):"])
def test_catching_everything_is_found(kind: str) -> None:
    caught = f"try:\n    a()\n{kind}\n    b()\n"
    assert messages(excepts.check(tree(library__service=caught)))
    assert not messages(excepts.check(tree(library__service=caught + "    raise\n")))
    assert not messages(excepts.check(tree(app__problems=caught)))


def test_catching_a_named_error_is_fine() -> None:
    assert not messages(excepts.check(tree(library__service="try:\n    a()\nexcept (A, B):\n    b()\n")))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("await store.put(tx, scope, row)", 0),
        ("await tx.execute(statement)", 0),
        ("await model.complete(prompt)", 1),
        ("await asyncio.sleep(1)", 1),
    ],
)
def test_nothing_but_sql_is_awaited_in_a_transaction(body: str, found: int) -> None:
    source = f"async def f(db):\n    async with db.transaction() as tx:\n        {body}\n"
    assert len(list(transactions.check(tree(library__service=source)))) == found


def test_only_the_unit_of_work_commits() -> None:
    source = "async def f(session):\n    await session.commit()\n"
    assert "commits" in messages(transactions.check(tree(library__service=source)))[0]
    assert not messages(transactions.check(tree(core__database=source)))


def test_patches_are_counted_per_hundred_tests() -> None:
    tests = "".join(f"def test_{n}(): ...\n" for n in range(20))
    one = "monkeypatch.setattr(a, 'b', c)\n"
    assert patches.count(tree(tests__unit__test_a=tests + one)) == (20, 1)
    assert not messages(patches.check(tree(tests__unit__test_a=tests + one)))
    assert messages(patches.check(tree(tests__unit__test_a=tests + one * 2)))


def test_setting_an_environment_variable_is_no_patch() -> None:
    source = (
        "def test_a(monkeypatch):\n    monkeypatch.setenv('A', 'b')\n    with mock.patch('x'):\n        MagicMock()\n"
    )
    assert patches.count(tree(tests__unit__test_a=source)) == (1, 2)


def test_what_only_its_definition_or_a_test_names_is_dead() -> None:
    source = "def used(): ...\ndef dead(): ...\nused()\n"
    found = messages(unused.check(tree(library__names=source, tests__unit__test_a="dead()\n")))
    assert found == ["`dead` is used nowhere"]


def test_what_a_framework_calls_and_what_doubles_a_seam_is_not_dead() -> None:
    methods = ("@validator\n    def check(self): ...", "def __enter__(self): ...", "def visit_Call(self): ...")
    decorated = "class A(B):\n" + "".join(f"    {method}\n" for method in methods) + "A()\n"
    assert not messages(unused.check(tree(library__names=decorated)))
    assert not messages(unused.check(tree(index__adapters__memory="class MemoryIndex: ...\n")))
