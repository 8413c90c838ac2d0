"""What Pincite is made of: that every part is locked by hash, may be passed on, and has no known vulnerability.

`check` (a step of `make check`) needs no network; `sbom` writes CycloneDX files to `dist/sbom/`; `audit` asks osv.dev,
or reads an export of its data from the folder or archive that `OSV_DATA` names. What is allowed stands in
`pyproject.toml`.
"""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from build_web import npm

ROOT = Path(__file__).resolve().parent.parent
OSV = "OSV_DATA"
TIMEOUT_S = 120
# Classifiers and old spellings that stand for one licence of the SPDX list; of "BSD" alone every reading may be used.
_SPOKEN = (
    (r"^apache( software)?( license)?,?( version)? ?2?(\.0)?$", "Apache-2.0"),
    (r"^(the )?mit( license)?$", "MIT"),
    (r"^(new |3-clause )?bsd( license)?( 3-clause)?$", "BSD-3-Clause"),
    (r"mozilla public license 2\.0", "MPL-2.0"),
    (r"^isc license", "ISC"),
    (r"python software foundation", "PSF-2.0"),
    (r"^the unlicense", "Unlicense"),
    (r"^zlib", "Zlib"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A package that comes with Pincite; `ecosystem` is OSV's word, `licence` is "" where it says none."""

    ecosystem: str
    name: str
    version: str
    licence: str


def main() -> int:
    """Run what the first argument names; 1 where something is wrong."""
    commands = {"check": check, "sbom": sbom, "audit": audit}
    wanted = sys.argv[1:]
    if len(wanted) != 1 or wanted[0] not in commands:
        print(f"usage: supply.py {'|'.join(commands)}", file=sys.stderr)
        return 2
    return commands[wanted[0]]()


def check() -> int:
    """Hold locks and licences, and vulnerabilities where their data is at hand."""
    parts = [*python_parts(), *web_parts()]
    wrong = [*_unlocked(), *_not_allowed(parts)]
    data = os.environ.get(OSV)
    if data:
        wrong += _vulnerable(parts, _advisories(Path(data)))
    print(f"{len(parts)} packages" + ("" if data else f"; vulnerabilities not looked up: {OSV} is not set"))
    return _said(wrong)


def sbom() -> int:
    """Write what is in the package and in the web app, with hashes and licences, as CycloneDX."""
    folder = ROOT / "dist" / "sbom"
    folder.mkdir(parents=True, exist_ok=True)
    python, web = _python_bom(), json.loads(_npm("sbom", "--sbom-format=cyclonedx", "--omit=dev"))
    licences = {(part.name, part.version): part.licence for part in python_parts()}
    for component in python["components"]:
        licence = licences.get((canonicalize_name(component["name"]), component["version"]))
        if licence:
            component["licenses"] = [{"expression": licence}]
    for name, bom in (("pincite", python), ("web", web)):
        place = folder / f"{name}.cdx.json"
        place.write_text(json.dumps(bom, indent=2) + "\n")
        print(f"{place.relative_to(ROOT)}: {len(bom['components'])} components")
    return 0


def audit() -> int:
    """Look every package up among known vulnerabilities: in the data at hand, or at osv.dev."""
    data = os.environ.get(OSV)
    if data:
        return _said(_vulnerable([*python_parts(), *web_parts()], _advisories(Path(data))))
    python = subprocess.run(
        [_uv(), "audit", "--no-dev", "--frozen", "--preview-features=audit-command"],
        cwd=ROOT,
        timeout=TIMEOUT_S,
        check=False,
    )
    web = npm(ROOT / "web", "audit", "--omit=dev")
    print(web.stdout, web.stderr)
    return 1 if python.returncode or web.returncode else 0


def python_parts() -> list[Part]:
    """Return what `pip install pincite` with every extra brings on this platform."""
    known = _rules()["known"]
    found: list[Part] = []
    for component in _python_bom()["components"]:
        name = canonicalize_name(component["name"])
        licence = known.get(name) or _licence_of(component["name"])
        if licence is not None:
            found.append(Part("PyPI", name, component["version"], licence))
    return found


def web_parts() -> list[Part]:
    """Return what is bundled into the web app."""
    known = _rules()["known"]
    return [
        Part("npm", name, entry["version"], entry.get("license") or known.get(name, ""))
        for name, entry in _npm_entries()
        if not entry.get("dev") and not entry.get("link")
    ]


def allowed(licence: str, allow: frozenset[str]) -> bool:
    """Whether a licence expression can be taken: all its licences may be passed on, or one where it lets choose."""
    try:
        named = canonicalize_license_expression(licence)
    except InvalidLicenseExpression:
        return False
    ids = [word for word in re.split(r"[\s()]+", named) if word and word not in {"AND", "OR", "WITH"}]
    choice = " AND " not in named and " WITH " not in named and " OR " in named
    return (any if choice else all)(word in allow for word in ids)


def spoken(text: str) -> str:
    """Return the SPDX identifier of what a package says in words; the text where there is none."""
    plain = " ".join(text.split())
    for pattern, licence in _SPOKEN:
        if re.search(pattern, plain, re.IGNORECASE):
            return licence
    return plain


def affects(advisory: Mapping[str, Any], part: Part) -> bool:
    """Whether an advisory in OSV's form (https://ossf.github.io/osv-schema/) is about this version of the package."""
    if advisory.get("withdrawn"):
        return False
    return any(_within(each, part) for each in advisory.get("affected", ()))


def _within(affected: Mapping[str, Any], part: Part) -> bool:
    package = affected.get("package", {})
    name = package.get("name", "")
    if package.get("ecosystem") != part.ecosystem or part.name not in {name, canonicalize_name(name)}:
        return False
    if part.version in affected.get("versions", ()):
        return True
    return any(
        _between(each.get("events", ()), part.version)
        for each in affected.get("ranges", ())
        if each.get("type") in {"ECOSYSTEM", "SEMVER"}
    )


def _between(events: Sequence[Mapping[str, str]], version: str) -> bool:
    at, hit = _ordered(version), False
    for event in sorted(events, key=lambda each: _ordered(next(iter(each.values())))):
        if "introduced" in event and at >= _ordered(event["introduced"]):
            hit = True
        if "fixed" in event and at >= _ordered(event["fixed"]):
            hit = False
        if "last_affected" in event and at > _ordered(event["last_affected"]):
            hit = False
    return hit


def _ordered(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion:
        numbers = re.match(r"\d+(\.\d+)*", version)
        return Version(numbers.group() if numbers else "0")


def _unlocked() -> Iterator[str]:
    for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]:
        if "registry" not in package["source"]:
            continue
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
        if not files or any(not each.get("hash", "").startswith("sha256:") for each in files):
            yield f"{package['name']}: uv.lock has a file of it without a sha256"
    for name, entry in _npm_entries():
        if not entry.get("link") and not entry.get("integrity", "").startswith("sha512-"):
            yield f"{name}: package-lock.json has no sha512 of it"


def _not_allowed(parts: Sequence[Part]) -> Iterator[str]:
    allow = frozenset(_rules()["allow"])
    for part in parts:
        if not allowed(part.licence, allow):
            said = f"is under {part.licence!r}" if part.licence else "says no licence"
            yield f"{part.name} {part.version} {said}; [tool.pincite.licences] in pyproject.toml says what may be used"


def _vulnerable(parts: Sequence[Part], advisories: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    by_name: dict[str, list[Part]] = {}
    for part in parts:
        by_name.setdefault(part.name, []).append(part)
    for advisory in advisories:
        names = {canonicalize_name(each.get("package", {}).get("name", "")) for each in advisory.get("affected", ())}
        for part in (part for name in names for part in by_name.get(name, ()) if affects(advisory, part)):
            yield f"{part.name} {part.version}: {advisory['id']} {advisory.get('summary', '')}".rstrip()


def _advisories(place: Path) -> Iterator[Mapping[str, Any]]:
    """Read advisories from a folder, or from the `all.zip` files that osv.dev gives away."""
    for path in sorted(place.rglob("*.json")) if place.is_dir() else ():
        yield json.loads(path.read_bytes())
    for path in sorted(place.rglob("*.zip")) if place.is_dir() else [place]:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield json.loads(archive.read(name))


def _licence_of(name: str) -> str | None:
    """Return what an installed package says of its licence; None where it is not installed here."""
    try:
        told = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    if "License-Expression" in told:
        return told["License-Expression"]
    classifiers = [each.split(" :: ")[-1] for each in told.get_all("Classifier", ()) if each.startswith("License :: ")]
    named = {spoken(each) for each in classifiers if each != "OSI Approved"}
    if named:
        return " AND ".join(sorted(named))
    return spoken(told["License"].split("\n")[0]) if "License" in told else ""


def _npm_entries() -> Iterator[tuple[str, dict[str, Any]]]:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text())
    for place, entry in lock["packages"].items():
        if "node_modules/" in place:
            yield place.rpartition("node_modules/")[2], entry


def _python_bom() -> dict[str, Any]:
    command = (_uv(), "export", "--format=cyclonedx1.5", "--no-dev", "--all-extras", "--frozen", "--offline", "--quiet")
    return json.loads(
        _told(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False))
    )


def _npm(*arguments: str) -> str:
    return _told(npm(ROOT / "web", *arguments))


def _told(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode:
        raise SystemExit(f"{' '.join(done.args[:3])} failed: {done.stderr.strip()}")
    return done.stdout


def _uv() -> str:
    return os.environ.get("UV") or "uv"


def _rules() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pincite"]["licences"]


def _said(wrong: Sequence[str] | Iterator[str]) -> int:
    lines = list(wrong)
    print("\n".join(lines) if lines else "nothing is wrong")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
