"""Notebooks (Jupyter's ipynb): their text, their code, and what it printed; pictures are left out. Child only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from pincite.guard.adapters.markdown import markdown_elements
from pincite.guard.domain import BlockKind
from pincite.guard.sections import Element

_LONGEST_OUTPUT = 20_000


def is_notebook(value: Any) -> bool:
    """Whether a JSON value is a notebook."""
    if not isinstance(value, dict):
        return False
    held = cast("Mapping[str, Any]", value)
    cells = held.get("cells")
    if "nbformat" not in held or not isinstance(cells, list):
        return False
    return all(isinstance(cell, dict) and "cell_type" in cell for cell in cast("Sequence[Any]", cells))


def notebook_elements(notebook: Mapping[str, Any]) -> Iterator[Element]:
    """Yield the elements of a notebook's cells in order."""
    group = 0
    for cell in cast("Sequence[Mapping[str, Any]]", notebook["cells"]):
        source = _text(cell.get("source"))
        first = group = group + 1
        if cell["cell_type"] == "markdown":
            for element in markdown_elements(source):
                yield replace(element, group=first + element.group)
                group = max(group, first + element.group)
            continue
        yield Element(BlockKind.CODE if cell["cell_type"] == "code" else BlockKind.PARAGRAPH, source, group=group)
        for output in _list(cell.get("outputs")):
            group += 1
            yield Element(BlockKind.CODE, _output(output)[:_LONGEST_OUTPUT], group=group)


def _output(output: Any) -> str:
    """Return what an output says in letters: what was printed, a result as text, an error."""
    if not isinstance(output, dict):
        return ""
    said = cast("Mapping[str, Any]", output)
    data = said.get("data")
    shown = cast("Mapping[str, Any]", data).get("text/plain") if isinstance(data, dict) else None
    error = f"{said['ename']}: {said.get('evalue', '')}" if "ename" in said else ""
    return _text(said.get("text")) or _text(shown) or error


def _text(value: Any) -> str:
    """Return text, which a notebook may hold as a list of its lines."""
    parts = cast("Sequence[Any]", value) if isinstance(value, list) else [value]
    return "".join(part for part in parts if isinstance(part, str)).strip("\n")


def _list(value: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, list) else ()
