"""The web app asks for what each kind of source takes, and says the same of what is usual."""

import re
from pathlib import Path

from pincite.sources.adapters import KINDS

FORM = Path(__file__).parents[3] / "web" / "src" / "features" / "sources" / "kinds.ts"
VALUES = {"true": True, "false": False}


def entries() -> dict[str, str]:
    """Return what the form says of each kind, by its name; what several share stands in each."""
    text = FORM.read_text()
    shared, _, listed = text.partition("export const KINDS")
    pause = re.search(r"const PAUSE: Option = (\{.*\});", shared)
    assert pause is not None
    found = re.findall(r"^  (\w+): \{\n(.*?)^  \},$", listed, re.DOTALL | re.MULTILINE)
    return {name: body.replace("PAUSE", pause[1]).replace("only(", '{ name: "only" }, (') for name, body in found}


def usual(body: str, option: str) -> object:
    said = re.search(rf'name: "{option}"[^}}]*?usual: ("?)([\w.]+)\1', body, re.DOTALL)
    if said is None:
        return None
    return said[2] if said[1] else VALUES.get(said[2]) if said[2] in VALUES else float(said[2])


def test_each_kind_has_a_form_with_its_options_and_what_is_usual() -> None:
    form = entries()
    assert form.keys() == KINDS.keys()
    for name, kind in KINDS.items():
        body = form[name]
        assert re.findall(r"every_s: ([\d_]+)", body) == [
            f"{kind.every_s:_}" if kind.every_s >= 10_000 else str(kind.every_s)
        ]
        assert set(re.findall(r'name: "(\w+)"', body)) == kind.options.model_fields.keys()
        for option, field in kind.options.model_fields.items():
            said = usual(body, option)
            assert said is None or said == field.default, f"{name}: {option}"
            assert said is not None or not isinstance(field.default, bool | int | float), f"{name}: {option}"
