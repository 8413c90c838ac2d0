"""Writes the reference pages for commands, settings, HTTP and errors from the code; `--check` only compares.

The page on events is written by hand; `tests/docs/` compares its names with the code.
"""

import asyncio
import importlib
import inspect
import json
import os
import pkgutil
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import typer

from pincite.core import PinciteError

PAGES = Path(__file__).resolve().parent.parent / "docs" / "reference"
_MADE = "<!-- Made by scripts/reference.py; change the code, not this page. -->"


def settings_page() -> str:
    """One row for each setting: name, kind, default, meaning."""
    from pincite.app.settings import Settings, variable_of

    rows = [
        (f"`{variable_of(name)}`", _kind(field.annotation), _default(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    intro = (
        "Settings are environment variables, read once when a process starts. A `PINCITE_` name that is not "
        "in this list stops the start, so a typing error is not silently ignored; but for those that begin "
        "with `PINCITE_SECRET_`, which [sources](../how-to/keep-sources-in-step.md) name for their secrets. "
        "Options of a command win over the environment."
    )
    return _page("Settings", intro, _table(("setting", "kind", "default", "meaning"), rows))


def cli_page() -> str:
    """One section for each command, from its own help."""
    from pincite.app.cli.main import app

    intro = (
        "`pincite COMMAND --help` prints the same. With `--json`, results are JSON on standard output, one "
        "document a line; progress and messages go to standard error.\n\n" + _exit_codes()
    )
    group: Any = typer.main.get_command(app)
    (acting,) = [option for option in group.params if option.name == "person"]
    intro += (
        "\n\n## Whom a command acts as\n\n"
        f"`pincite {_spelling(acting)} {acting.metavar} COMMAND`, before the command. {_cell(acting.help)} What each "
        "takes is said below; what their role does not hold is refused (exit code 3) before anything is done. See "
        "[act as somebody](../how-to/act-as-somebody.md)."
    )
    return _page("Commands", intro, *(_command(name, command) for name, command in _commands(group)))


def errors_page() -> str:
    """One row for each error code, from the classes that carry them."""
    from pincite.app.problems import exit_code, problem

    rows = [
        (f"`{error.code}`", str(problem(error, "")["status"]), str(exit_code(error)), _first_line(type(error)))
        for error in sorted(all_errors(), key=lambda e: e.code)
    ]
    intro = (
        "Over HTTP an error is a problem document (RFC 9457, `application/problem+json`): `type`, `title`, "
        "`status`, `detail`, `remedy` (what to do), `code` (below, stable) and `request_id`. On the command "
        'line it is a sentence, what to do, and an exit code; with `--json`, `{"problem": …}`. A document '
        "that failed carries `code`, `message`, `remedy` and `page`."
    )
    return _page("Errors", intro, _table(("code", "status", "exit", "meaning"), rows))


def http_page() -> str:
    """One section for each route, from the OpenAPI document."""
    document = openapi()
    intro = (
        "A program sends `Authorization: Bearer KEY` ([API keys](../how-to/api-keys.md)); a browser has a "
        "session cookie. Errors are [problem documents](errors.md), those of each route are in the description at "
        "`/openapi.json`, with all schemas. Lists are `{items, next_cursor}` and take `limit` and `cursor`. Streams "
        "are described under [events](events.md)."
    )
    schemas = document["components"]["schemas"]
    sections = [
        _route(f"{method.upper()} {path}", operation, schemas)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return _page("HTTP", intro, *sections)


PAGE_MAKERS: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "cli.md": cli_page,
    "errors.md": errors_page,
    "http.md": http_page,
}


def all_errors() -> list[PinciteError]:
    """One instance of every error class of the package, each code once."""
    package = importlib.import_module("pincite")
    for module in pkgutil.walk_packages(package.__path__, "pincite."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    classes = {kind.code: kind for kind in reversed([PinciteError, *_below(PinciteError)])}
    return [_bare(kind) for kind in classes.values()]


def openapi() -> dict[str, Any]:
    """The OpenAPI document of a server on an empty data folder."""
    from pincite.app.settings import read_settings
    from pincite.app.web import create_app
    from pincite.app.wiring import open_house

    async def read(home: str) -> dict[str, Any]:
        async with open_house(read_settings(home=home, model="none", log_level="error")) as house:
            return create_app(house).openapi()

    with tempfile.TemporaryDirectory() as home:
        return asyncio.run(read(home))


def _below(kind: type[PinciteError]) -> Iterator[type[PinciteError]]:
    for below in kind.__subclasses__():
        if below.__module__.startswith("pincite."):
            yield below
            yield from _below(below)


def _bare(kind: type[PinciteError]) -> PinciteError:
    error = kind.__new__(kind)
    PinciteError.__init__(error, "")
    return error


def _commands(group: Any, before: str = "pincite") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        full = f"{before} {name}"
        if hasattr(command, "commands"):
            yield from _commands(command, full)
        else:
            yield full, command


def _command(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    usage = " ".join([name, *(_metavar(p) for p in arguments), "[OPTIONS]" if options else ""])
    rows = [(f"`{_spelling(p)}`", _shown_default(p), _cell(p.help or "")) for p in [*arguments, *options]]
    parts = [f"## `{name}`", _cell(command.help or ""), _takes(name), f"```text\n{usage.strip()}\n```"]
    if rows:
        parts.append(_table(("argument or option", "default", "meaning"), rows))
    return "\n\n".join(parts)


def _takes(name: str) -> str:
    from pincite.app.cli.declared import COMMANDS, Own

    takes = COMMANDS[name.removeprefix("pincite ")]
    if isinstance(takes, Own):
        return f"It is {takes.value}: nobody can be named for it."
    return f"Takes the permission to {' and to '.join(takes)}."


def _metavar(argument: Any) -> str:
    name = argument.name.upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _spelling(parameter: Any) -> str:
    return parameter.name.upper() if parameter.param_type_name == "argument" else ", ".join(parameter.opts)


def _shown_default(parameter: Any) -> str:
    default = parameter.default
    if default is None or isinstance(default, bool) or callable(default):
        return ""
    return f"`{default}`"


def _exit_codes() -> str:
    from pincite.app import problems
    from pincite.core import ErrorKind

    codes: dict[int, list[str]] = {}
    for kind in ErrorKind:
        error = _bare(type("Sample", (PinciteError,), {"code": "sample", "kind": kind, "__module__": "sample"}))
        codes.setdefault(problems.exit_code(error), []).append(kind.value.replace("_", " "))
    rows = [
        ("0", "done"),
        *((str(code), ", ".join(kinds)) for code, kinds in sorted(codes.items())),
        ("130", "interrupted"),
    ]
    return _table(("exit code", "meaning"), rows)


def _route(title: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    parts = [f"## `{title}`", _sentence(operation)]
    parameters = operation.get("parameters", [])
    if parameters:
        rows = [
            (f"`{p['name']}`", p["in"], "yes" if p.get("required") else "", _cell(p.get("description", "")))
            for p in parameters
        ]
        parts.append(_table(("parameter", "in", "required", "meaning"), rows))
    body = operation.get("requestBody", {}).get("content", {})
    if body:
        parts += [f"Body: {', '.join(f'`{kind}`' for kind in body)}.", *_examples(body, schemas)]
    answers = {status: answer for status, answer in operation["responses"].items() if "$ref" not in answer}
    parts.append(f"Answers: {'; '.join(_answer(status, answer) for status, answer in answers.items())}.")
    for answer in answers.values():
        parts += _examples(answer.get("content", {}), schemas)
    return "\n\n".join(parts)


def _examples(content: dict[str, Any], schemas: dict[str, Any]) -> list[str]:
    """The examples of JSON bodies, as the models give them."""
    names = [media.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1] for media in content.values()]
    found = [schemas[name] for name in names if name in schemas]
    examples = [schema.get("example", (schema.get("examples") or [None])[0]) for schema in found]
    return [f"```json\n{json.dumps(e, indent=2, ensure_ascii=False)}\n```" for e in examples if e is not None]


def _sentence(operation: dict[str, Any]) -> str:
    summary, description = operation.get("summary", ""), operation.get("description", "")
    return _cell(" ".join(t if t[-1] in ".?!" else f"{t}." for t in (summary.strip(), description.strip()) if t))


def _answer(status: str, answer: dict[str, Any]) -> str:
    schemas = [content.get("schema", {}).get("$ref", "") for content in answer.get("content", {}).values()]
    named = [ref.rsplit("/", 1)[-1] for ref in schemas if ref]
    return f"{status} {', '.join(f'`{name}`' for name in named)}".strip()


def _kind(annotation: Any) -> str:
    if isinstance(annotation, types.UnionType):
        return " or ".join(_kind(part) for part in get_args(annotation) if part is not type(None))
    names = {"str": "text", "int": "number", "float": "number", "bool": "true or false", "SecretStr": "secret"}
    name = getattr(annotation, "__name__", str(annotation))
    return names.get(name, name.lower())


def _default(value: Any) -> str:
    return "" if value is None else f"`{value}`"


def _first_line(kind: type) -> str:
    return _cell((inspect.getdoc(kind) or "").split("\n\n")[0])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", _MADE, *parts]) + "\n"


def main() -> int:
    """Write every page, or with `--check` say which differ. Returns 1 when one differs."""
    for name in [n for n in os.environ if n.startswith("PINCITE_")]:
        del os.environ[name]
    stale: list[str] = []
    for name, make in PAGE_MAKERS.items():
        page, wanted = PAGES / name, make()
        if not page.exists() or page.read_text() != wanted:
            stale.append(name)
        if "--check" not in sys.argv:
            page.write_text(wanted)
    if stale:
        print(f"reference: {'differ' if '--check' in sys.argv else 'written'}: {', '.join(stale)}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    raise SystemExit(main())
