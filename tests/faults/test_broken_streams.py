"""Streams of a provider that break at every byte: one end of each answer, none of half a text that looks whole.

Some of the bytes are tried; `FAULTS=whole` tries them all.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from tests.faults.broken_streams import (
    FIRST_S,
    IDLE_S,
    OTHER,
    OTHER_SHOWN,
    PATIENT,
    REPLY,
    SHOWN,
    TOTAL_S,
    Rig,
    Seen,
    body_of,
    fine,
    rigged,
)

from pincite.app.simulation.log import Record, State
from pincite.ledger.book import State as Ledgers

WHOLE = os.environ.get("FAULTS") == "whole"
WIRES = ["openai", "anthropic"]


def _bytes(body: bytes, step: int) -> list[int]:
    """Return the bytes that are tried, the first and one behind the last among them."""
    return sorted({*range(0, len(body) + 1, 1 if WHOLE else step), len(body), len(body) + 1})


def _told_by(body: bytes, n: int) -> bool:
    """Say whether all of the text, and why it ends, are within the first bytes."""
    reason = max(body.find(mark) for mark in (b'"finish_reason": "stop"', b'"stop_reason": "end_turn"'))
    assert reason > 0
    return n > body.index(b"\n", reason)


def _look(seen: Sequence[Seen], body: bytes, whole: str) -> None:
    """Hold each case to it that its text is whole, or nobody is told that it were."""
    for each in seen:
        last = each.last
        if last["state"] == "completed":
            assert each.text == whole, f"byte {each.case}: half an answer looks whole"
            assert _told_by(body, each.case), f"byte {each.case}: a stream without an end passes for whole"
        else:
            assert last["state"] == "failed"
            assert whole.startswith(each.text), f"byte {each.case}: {each.text!r} was never sent"
            assert last["problem"]["remedy"] if "problem" in last else last["message"]


async def _look_at_ledger(rig: Rig) -> None:
    """Hold the ledger to the provider's own log: each call is in it, estimated where the provider did not say."""
    records = {each.client_request_id: each for provider in rig.providers for each in provider.log.newest()}
    assert await rig.reserved() == 0
    for call, entry in (await rig.entries()).items():
        told = records[call].reported
        assert entry.state is Ledgers.SETTLED
        assert entry.spent.spend.tokens > 0
        assert entry.spent.pico_usd is not None
        assert entry.spent.pico_usd > 0
        if told is None:
            assert entry.spent.estimated
        elif not entry.spent.estimated:
            assert (entry.spent.input_tokens, entry.spent.output_tokens) == told


@pytest.mark.timeout(900)
@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("fault", ["drop", "garble"])
async def test_a_stream_that_breaks_at_any_byte_ends_once_and_is_not_whole(
    pincite_home: Path, wire: str, fault: str
) -> None:
    async with rigged(pincite_home, wire) as rig:
        body = body_of(rig, wire)
        assert 600 < len(body) < 1_500
        rig.script(lambda n: fine(drop_at_byte=n) if fault == "drop" else fine(garble_at_byte=n))
        replies = await rig.replies(_bytes(body, 23))
        answers = await rig.answers(_bytes(body, 97))
        if fault == "drop":
            _look(replies, body, REPLY)
            _look(answers, body, SHOWN)
            completed = [each.case for each in answers if each.last["state"] == "completed"]
            assert len(body) + 1 in completed
            assert min(completed) > len(body) - 3, "the connection may be cut behind the very last word alone"
        else:
            _look_at_garbled(replies, REPLY)
            _look_at_garbled(answers, SHOWN)
        assert sum(each.last["state"] == "failed" for each in answers) > len(answers) / 2
        await _look_at_ledger(rig)


def _look_at_garbled(seen: Sequence[Seen], whole: str) -> None:
    for each in seen:
        if each.last["state"] == "completed":
            assert each.text == whole, f"byte {each.case}: {each.text!r} looks whole"
        else:
            assert whole.startswith(each.text), f"byte {each.case}: {each.text!r} was never sent"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("wire", WIRES)
async def test_a_stream_that_falls_silent_is_given_up_in_time(pincite_home: Path, wire: str) -> None:
    async with rigged(pincite_home, wire) as rig:
        body = body_of(rig, wire)
        first = body.index(b"\n\n", body.index(b"Dogs travel"))
        rig.script(lambda n: fine(stall_at_byte=n))
        cases = sorted({*range(0, len(body), 11 if WHOLE else 171), first - 1, first + 2, len(body) - 1})
        seen = await rig.answers(cases)
        _look(seen, body, SHOWN)
        stalled = _stalled(rig)
        assert len(stalled) == len(cases), "who waited for a deadline is not asked again"
        for each, record in zip(seen, stalled, strict=True):
            due_s = FIRST_S if each.case < first + 2 else IDLE_S
            # By the asker's clock not before its time: until the provider's begins, a part of that has passed.
            assert each.took_s >= due_s, f"byte {each.case}"
            assert _took_s(record) <= due_s + 1, f"byte {each.case}"
        await _look_at_ledger(rig)


def _stalled(rig: Rig) -> list[Record]:
    """Return the records of the calls that were broken off, in the order of their numbers."""
    return sorted((each for each in rig.providers[0].log.newest() if each.state is State.CUT), key=rig.case_of)


def _took_s(record: Record) -> float:
    assert isinstance(record.ended_at, datetime)
    return (record.ended_at - record.began_at).total_seconds()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("times", "drip_s", "due_s"), [(1, 0.0002, None), (1, 0.02, FIRST_S), (20, 0.001, TOTAL_S)], ids=str
)
async def test_a_stream_that_drips_has_its_time(
    pincite_home: Path, wire: str, times: int, drip_s: float, due_s: float | None
) -> None:
    async with rigged(pincite_home, wire) as rig:
        rig.script(lambda _: fine(drip_s=drip_s, times=times))
        (seen,) = await rig.answers([1])
        record = next(rig.providers[0].log.newest())
        if due_s is None:
            assert (seen.last["state"], seen.text) == ("completed", SHOWN)
        else:
            assert seen.last["state"] == "failed"
            assert due_s - 0.1 <= _took_s(record) <= due_s + 1
        await _look_at_ledger(rig)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("wires", [("openai", "anthropic"), ("anthropic", "openai")], ids="-".join)
async def test_where_another_model_takes_over_the_answer_is_its_alone(
    pincite_home: Path, wires: tuple[str, str]
) -> None:
    async with rigged(pincite_home, *wires, patience=PATIENT) as rig:
        body = body_of(rig, wires[0])
        rig.script(lambda n: fine(drop_at_byte=n))
        rig.script(lambda _: fine(reply=OTHER), 1)
        for each in await rig.answers(_bytes(body, 119)):
            names = [name for name, _ in each.events]
            assert each.last["state"] == "completed", each
            assert each.text == each.last["answer"]
            assert each.text == OTHER_SHOWN or (each.text == SHOWN and _told_by(body, each.case))
            before = names[: names.index("answer.restarted")] if "answer.restarted" in names else []
            assert names.count("answer.restarted") == ("answer.delta" in before)
        for each in await rig.replies(_bytes(body, 29)):
            # Nothing can be taken back in this protocol: who was told a part of the first is told that it broke off.
            if each.last["state"] == "completed":
                assert each.text == OTHER or (each.text == REPLY and _told_by(body, each.case))
            else:
                assert each.text
                assert REPLY.startswith(each.text)
        await _look_at_ledger(rig)
