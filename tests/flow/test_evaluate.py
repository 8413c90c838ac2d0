"""Evaluations through the whole house: sets kept by version, runs that go on where they stopped, the command line."""

import asyncio
import json
import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.flow.conftest import settled, upload
from tests.forked import Forked, command, finished

from pincite.app.evaluation import BadConfiguration, Configuration, learned_weight, open_subject, scratch_home
from pincite.app.margins import learned_margin
from pincite.app.settings import Settings
from pincite.app.wiring import House
from pincite.core import InvalidInput, NotFound, Scope, Unavailable, utc_now
from pincite.evals import DocumentSubject, SetKind, Subject, read_set, report_of, write_set
from pincite.evals.domain import BadGoldenSet, Case, Found, GoldenSet, Outcome, Place, Run
from pincite.evals.page import page_of
from pincite.gateway import StaticEmbedder
from pincite.privacy import Policy
from pincite.retrieval import Retrieval

RULES = (
    b"# Ferry rules\n\nThe ferry to Hven leaves the northern quay at nine every morning.\n\nA bicycle costs 4 euros.\n"
)
CASES = [
    {"id": "1", "question": "When does the ferry to Hven leave?", "answer": "nine", "tags": ["time"],
     "evidence": [{"source": "rules.md", "page": 1}]},
    {"id": "2", "question": "What does a bicycle cost?", "answer": "4 euros",
     "evidence": [{"source": "rules.md", "page": 1}]},
    {"id": "3", "question": "Who painted the Mona Lisa?", "answerable": False},
]  # fmt: skip


@pytest.fixture
def golden(tmp_path: Path) -> GoldenSet:
    path = tmp_path / "ferry.jsonl"
    path.write_text("".join(json.dumps(case) + "\n" for case in CASES))
    return read_set(path)


def _silent(_done: int, _of: int) -> None:
    pass


async def test_sets_are_kept_by_version(house: House, golden: GoldenSet, tmp_path: Path) -> None:
    scope = await house.owner()
    first = await house.evaluations.keep_set(scope, golden)
    assert await house.evaluations.keep_set(scope, golden) == first
    changed = GoldenSet(golden.name, golden.kind, golden.cases[:2])
    second = await house.evaluations.keep_set(scope, changed)
    assert [each.version for each in await house.evaluations.sets(scope)] == [second.version, first.version]
    assert await house.evaluations.golden_set(scope, "ferry") == changed
    again = await house.evaluations.keep_set(scope, golden)
    assert again.version == first.version
    assert await house.evaluations.golden_set(scope, "ferry") == golden  # what was imported last is the newest
    assert [each.version for each in await house.evaluations.sets(scope)] == [first.version, second.version]
    await house.evaluations.keep_set(scope, changed)
    for name in (" ", "x" * 121):
        with pytest.raises(InvalidInput, match="1 to 120 characters"):
            await house.evaluations.keep_set(scope, GoldenSet(name, golden.kind, golden.cases))
    old = await house.evaluations.golden_set(scope, "ferry", first.version)
    write_set(old, tmp_path / "again.jsonl")
    assert read_set(tmp_path / "again.jsonl", "ferry") == golden
    await house.evaluations.remove_set(scope, "ferry")
    assert await house.evaluations.golden_set(scope, "ferry") == golden
    with pytest.raises(NotFound, match="no golden set"):
        await house.evaluations.golden_set(scope, "ferries")


async def test_a_run_over_documents_answers_and_is_not_asked_twice(
    client: httpx2.AsyncClient, house: House, golden: GoldenSet
) -> None:
    uploaded = (await upload(client, "rules.md", RULES)).json()["items"][0]
    await settled(client, uploaded["id"])
    scope = await house.owner()
    chosen = Configuration.parse("default")
    async with open_subject(house, scope, golden, chosen, retrieval_only=False) as subject:
        run = await house.evaluations.run(scope, golden, subject, progress=_silent)
        again = await house.evaluations.run(scope, golden, subject, progress=_silent)
    assert (run.fresh, again.fresh) == (3, 0)
    assert again.outcomes == run.outcomes
    report = report_of(golden, [run], utc_now())
    measures: dict[str, Any] = report["runs"][0]["measures"]
    assert measures["right page"]["mean"] == 1.0
    assert measures["quotes exact"]["mean"] == 1.0
    assert measures["declined rightly"]["mean"] == 1.0
    # Another revision of a document is another subject: nothing old is shown for it.
    later = (await upload(client, "rules.md", RULES + b"\nDogs travel free.\n")).json()["items"][0]
    await settled(client, later["id"])
    async with open_subject(house, scope, golden, chosen, retrieval_only=False) as subject:
        assert (await house.evaluations.run(scope, golden, subject, progress=_silent)).fresh == 3
    assert (await learned_weight(house, scope, [golden], None))["weight"] >= 0
    with pytest.raises(BadGoldenSet, match="changed no question"):  # one document: there is nothing to reorder
        await learned_margin(house, scope, [golden], None, "windows:static")
    assert (await client.get("/v1/conversations")).json()["items"] == []


@pytest.mark.parametrize(
    "change",
    [{"reranker": "windows:static"}, {"heading_weight": 0.5}, {"unsupported": "drop"}, {"passage_tokens": 512}],
)
async def test_a_setting_that_was_changed_asks_again(
    client: httpx2.AsyncClient, house: House, golden: GoldenSet, change: dict[str, Any]
) -> None:
    await settled(client, (await upload(client, "rules.md", RULES)).json()["items"][0]["id"])
    scope = await house.owner()
    other = replace(house, settings=house.settings.model_copy(update=change))
    keys: list[str] = []
    for each in (house, other, house):
        chosen = Configuration.parse("default", each.settings)
        async with open_subject(each, scope, golden, chosen, retrieval_only=True) as subject:
            keys.append(subject.key)
    assert keys[0] == keys[2]
    assert keys[0] != keys[1]


async def test_personal_data_that_is_covered_from_now_on_asks_again(
    client: httpx2.AsyncClient, house: House, golden: GoldenSet
) -> None:
    await settled(client, (await upload(client, "rules.md", RULES)).json()["items"][0]["id"])
    scope = await house.owner()
    keys: list[str] = []
    for policy in (None, Policy.MASK_ANSWERS):
        if policy is not None:
            collection = (await house.library.list_collections(scope)).items[0]
            await house.library.set_policy(scope, collection.id, policy)
        async with open_subject(house, scope, golden, Configuration.parse("default"), retrieval_only=True) as subject:
            keys.append(subject.key)
    assert keys[0] != keys[1]


async def test_an_embedder_that_the_index_has_no_vectors_of_is_refused(
    client: httpx2.AsyncClient, house: House, golden: GoldenSet
) -> None:
    await settled(client, (await upload(client, "rules.md", RULES)).json()["items"][0]["id"])
    scope = await house.owner()
    with pytest.raises(BadConfiguration, match="and none of"):
        async with open_subject(house, scope, golden, Configuration.parse("minilm"), retrieval_only=True):
            pass
    with pytest.raises(BadConfiguration, match="and none of"):
        await learned_weight(house, scope, [golden], "minilm")


class Away:
    """The static embedder, while its provider does not answer."""

    dense_weight = 0.3

    def __init__(self, static: StaticEmbedder) -> None:
        self.model_id, self.dimensions = static.model_id, static.dimensions

    async def embed(self, scope: Scope, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        raise Unavailable("The provider is away.")


async def test_an_outage_of_a_model_is_not_measured_as_its_quality(
    client: httpx2.AsyncClient, house: House, golden: GoldenSet
) -> None:
    await settled(client, (await upload(client, "rules.md", RULES)).json()["items"][0]["id"])
    scope = await house.owner()
    measured = Configuration.parse("default", house.settings).retrieval
    runs: list[Run] = []
    for settings in (replace(measured, strict=False), measured):
        retrieval = Retrieval(house.library, house.index, Away(house.embedder), settings)
        subject = DocumentSubject("x", f"x {settings.strict}", scope, retrieval, house.library, None)
        with pytest.raises(Unavailable, match="away") if settings.strict else nullcontext():
            runs.append(await house.evaluations.run(scope, golden, subject, progress=_silent))
    assert [run.fresh for run in runs] == [3]  # in service words alone answer


def test_a_configuration_is_as_in_service_where_it_says_nothing(house: House) -> None:
    change = {"heading_weight": 0.1, "rerank_skip_margin": 0.3, "expansion": "queries"}
    settings = house.settings.model_copy(update=change)
    found = Configuration.parse("dense_weight=0.4", settings).retrieval
    assert (found.heading_weight, found.rerank_skip_margin, found.dense_weight) == (0.1, 0.3, 0.4)
    assert found.written is None  # that costs money
    reranked = Configuration.parse("minilm-reranked, rerank_timeout_s=60", settings)
    assert (reranked.embedder, reranked.reranker) == ("minilm", "windows:minilm")
    assert reranked.retrieval.rerank_timeout_s == 60
    assert Configuration.parse("heading_weight=0,rerank_skip_margin=none", settings).retrieval.heading_weight == 0


async def test_places_that_the_documents_do_not_have_are_said(
    client: httpx2.AsyncClient, house: House, golden: GoldenSet
) -> None:
    await settled(client, (await upload(client, "rules.md", RULES)).json()["items"][0]["id"])
    scope = await house.owner()
    places = {
        "ok": Place("rules.md", 1, "leaves the  northern quay\nat nine"),
        "name": Place("/mnt/Rules.md", 1),
        "page": Place("rules.md", 7),
        "quote": Place("rules.md", 1, "at ten every morning"),
        "nothing": Place("<b>.pdf", 1),
    }
    cases = tuple(Case(key, "When does the ferry leave?", places=(place,)) for key, place in places.items())
    odd = GoldenSet("odd", golden.kind, cases)
    chosen = Configuration.parse("default")
    async with open_subject(house, scope, odd, chosen, retrieval_only=True) as subject:
        run = await house.evaluations.run(scope, odd, subject, progress=_silent)
    assert run.doubts == (
        "name names /mnt/Rules.md, which is not there; rules.md is.",
        "page names page 7 of rules.md, which has no such page.",
        "quote quotes what page 1 of rules.md does not say: 'at ten every morning'.",
        "nothing names <b>.pdf, which is not there.",
    )
    book = b"# One\n\nIt opens at eight.\n\n# Two\n\nIt closes at six.\n"
    await settled(client, (await upload(client, "book.md", book)).json()["items"][0]["id"])
    counted = GoldenSet("book", golden.kind, (Case("off", "When?", places=(Place("book.md", 1, "closes at six"),)),))
    async with open_subject(house, scope, counted, chosen, retrieval_only=True) as subject:
        off = await house.evaluations.run(scope, counted, subject, progress=_silent)
    assert off.doubts == ("off quotes what page 1 of book.md does not say: 'closes at six'; page 2 does.",)
    report = report_of(odd, [run], utc_now())
    assert report["runs"][0]["doubts"] == list(run.doubts)
    page = page_of(report)
    assert "&lt;b&gt;.pdf, which is not there" in page


class Ranks:
    """A subject with the right page second; `mends` puts it first where the question is unclear."""

    def __init__(self, name: str, *, mends: bool) -> None:
        self.name = self.key = name
        self._mends = mends

    async def judge(self, case: Case) -> Outcome:
        clear = case.tags == ("clear",)
        right = 0 if clear or self._mends else 1
        scores = (0.9, 0.4, 0.3, 0.2, 0.1) if clear else (0.5, 0.49, 0.48, 0.47, 0.46)
        found = [Found(str(place), f"{place - right}.md", 1, 1, score) for place, score in enumerate(scores)]
        return Outcome(case.id, tuple(found))


async def test_clear_questions_spare_the_reranker_once_that_was_learned(house: House) -> None:
    cases = [
        Case(str(place), f"Question {place}?", places=(Place("0.md", 1),), tags=("clear" if place % 2 else "unclear",))
        for place in range(40)
    ]
    golden = GoldenSet("both", SetKind.DOCUMENTS, tuple(cases))
    pair = (golden, Ranks("plain", mends=False), Ranks("reranked", mends=True))
    learned = await house.evaluations.margin(await house.owner(), [pair])
    assert learned.margin is not None
    assert 0.04 < learned.margin <= 0.8
    assert learned.skipped.mean == pytest.approx(0.5)
    assert learned.loss.mean == pytest.approx(0.0)
    assert learned.gain.mean > 0.1


class Breaks:
    """A subject that fails at one case until it is mended."""

    name = "breaks"
    key = "breaks"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken = True

    async def judge(self, case: Case) -> Outcome:
        self.asked.append(case.id)
        if self.broken and case.id == "77":
            raise Unavailable("Away.")
        return Outcome(case.id)


async def test_a_run_that_broke_off_goes_on_where_it_stopped(house: House, golden: GoldenSet) -> None:
    cases = tuple(Case(str(place), "Who?") for place in range(120))
    many = GoldenSet("many", golden.kind, cases)
    subject = Breaks()
    judged: Subject = subject
    scope = await house.owner()
    with pytest.raises(Unavailable, match="Away") as caught:
        await house.evaluations.run(scope, many, judged, jobs=1, progress=_silent)
    assert caught.value.message == "Case 77: Away."
    subject.broken, subject.asked = False, []
    run = await house.evaluations.run(scope, many, judged, jobs=1, progress=_silent)
    assert run.fresh == 70
    assert subject.asked[0] == "50"
    assert list(run.outcomes) == [case.id for case in cases]


@pytest.mark.parametrize(
    "text",
    [
        "colour=blue",
        "fusion=magic",
        "lists",
        "dense_weight=heavy",
        "dense_weight=nan",
        "dense_weight=1.5",
        "candidates=-1",
    ],
)
def test_a_configuration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration):
        Configuration.parse(text)


def test_the_command_line_runs_gates_and_says_what_failed(tmp_path: Path, golden: GoldenSet) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "rules.md").write_bytes(RULES)
    gate = tmp_path / "gate.toml"
    gate.write_text(
        '[[check]]\nset = "ferry.jsonl"\nfiles = "files"\nat_least = { "right page" = 1.0, "declined rightly" = 1.0 }\n'
        '[[check]]\nset = "$PINCITE_BENCH_DATA/none"\nat_least = { "passage RR" = 1.0 }\n'
    )
    done = _pincite(tmp_path, "eval", "gate", str(gate), "--json")
    assert done.returncode == 0, done.stderr
    checks = json.loads(done.stdout)["checks"]
    assert [check["skipped"] for check in checks] == [False, True]
    gate.write_text('[[check]]\nset = "ferry.jsonl"\nfiles = "files"\nat_most = { "right page" = 0.5 }\n')
    assert _pincite(tmp_path, "eval", "gate", str(gate)).returncode == 1
    ran = _pincite(tmp_path, "eval", "run", str(tmp_path / "ferry.jsonl"), "--files", str(files), "--out",
                   str(tmp_path / "out"), "--config", "default", "--config", "words")  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "words minus default" in ran.stdout
    assert (tmp_path / "out" / "report.html").read_text().startswith("<!doctype html>")
    wrong = _pincite(tmp_path, "eval", "run", str(tmp_path / "none.jsonl"))
    assert wrong.returncode != 0
    assert "There is no golden set" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_files_that_were_added_in_part_when_a_run_was_killed_are_added_whole(tmp_path: Path, golden: GoldenSet) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "rules.md").write_bytes(RULES)
    (files / "other.md").write_bytes(b"# Other\n\nThe harbour office opens at eight.\n")
    apart = scratch_home(Settings(home=tmp_path / "home"), files)
    environment = {"PINCITE_HOME": str(apart), "PINCITE_MODEL": "none", "PATH": "/usr/bin:/bin"}
    assert finished(command, (["add", str(files / "other.md")],), environment, 100).returncode == 0
    ran = _pincite(tmp_path, "eval", "run", str(tmp_path / "ferry.jsonl"), "--files", str(files), "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["runs"][0]["measures"]["right page"]["mean"] == 1.0


async def test_two_runs_may_make_a_collection_at_once(house: House) -> None:
    scope = await house.owner()
    made = await asyncio.gather(*(house.ensure_collection(scope, "papers") for _ in range(8)))
    assert len(set(made)) == 1


def test_other_bytes_of_the_same_size_and_time_are_another_data_folder(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    path = files / "rules.md"
    path.write_bytes(b"nine")
    settings = Settings(home=tmp_path / "home")
    first, state = scratch_home(settings, files), path.stat()
    path.write_bytes(b"five")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert scratch_home(settings, files) != first
    path.write_bytes(b"nine")
    assert scratch_home(settings, files) == first
    assert scratch_home(settings.model_copy(update={"embedder": "minilm"}), files) != first


def _pincite(folder: Path, *arguments: str) -> Forked:
    environment = {"PINCITE_HOME": str(folder / "home"), "PINCITE_MODEL": "none", "PATH": "/usr/bin:/bin"}
    return finished(command, (list(arguments),), environment, 100)


async def test_claims_are_kept_in_the_database_and_run_from_there(house: House, tmp_path: Path) -> None:
    path = tmp_path / "fares.jsonl"
    evidence = ["Tickets cost 80 kroner and are sold on board by the mate."]
    rows = [
        {"claim": "Tickets cost 80 kroner.", "label": "supported", "evidence": evidence, "tags": ["price"]},
        {"claim": "Tickets cost 90 kroner.", "label": "unsupported", "evidence": evidence, "tags": ["price"]},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    claims = read_set(path)
    scope = await house.owner()
    await house.evaluations.keep_set(scope, claims)
    kept = await house.evaluations.golden_set(scope, "fares")
    assert kept == claims
    async with open_subject(house, scope, kept, Configuration.parse("default"), retrieval_only=False) as subject:
        run = await house.evaluations.run(scope, kept, subject, progress=_silent)
        assert (await house.evaluations.run(scope, kept, subject, progress=_silent)).fresh == 0
    measures = report_of(kept, [run], utc_now())["runs"][0]["measures"]
    assert measures["supported F1"]["mean"] == 1.0
    assert measures["verdict AUROC"]["mean"] == 1.0
