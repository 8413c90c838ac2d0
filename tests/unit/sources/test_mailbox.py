"""What is said to a mail server is one command, and what it does not give away holds up nothing else."""

from pathlib import Path
from typing import cast
from unicodedata import normalize
from urllib.parse import unquote

import pytest
from tests.doubles.mail_server import serving_mail
from tests.unit.ingest.rooms import SCOPE
from tests.unit.sources.kept import kept

from pincite.guard import DocumentReader, Fetcher
from pincite.sources import RunState
from pincite.sources.adapters.imap import ImapOptions, ImapSource
from pincite.sources.domain import BadSource, Place, Tools
from pincite.sources.mailbox import _quoted

TOOLS = Tools(Fetcher.allowing(), cast("DocumentReader", None), lambda _: "", Path())


def source(folder: str, user: str = "ann") -> ImapSource:
    options = ImapOptions(user=user, password="PINCITE_SECRET_MAIL")
    return ImapSource(Place("s", f"imaps://mail.example.com/{folder}"), options, TOOLS)


@pytest.mark.parametrize("folder", ["INBOX%0D%0AX DELETE INBOX", "a%0Ab", "a%00b", "a%7Fb", "Entw%C2%85%C3%BCrfe"])
def test_a_folder_that_would_end_the_line_is_refused(folder: str) -> None:
    with pytest.raises(BadSource):
        source(folder)


@pytest.mark.parametrize("user", ["ann\r\nX LOGOUT", "ann\n", "a\x00"])
def test_a_user_that_would_end_the_line_is_refused(user: str) -> None:
    with pytest.raises(BadSource):
        source("INBOX", user)


def test_what_would_end_a_string_is_escaped() -> None:
    assert source('Old%20"mail"').kind == "imap"
    assert _quoted('Old "mail" \\') == '"Old \\"mail\\" \\\\"'


@pytest.mark.parametrize(
    ("folder", "sent"),
    [
        ("INBOX/Alt%20%26%20neu", "INBOX/Alt & neu"),
        ("Entw&APw-rfe", "Entw&APw-rfe"),
        ("Entw%C3%BCrfe", "Entw&APw-rfe"),
        ("Entwu%CC%88rfe", "Entw&APw-rfe"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("Gut%20&%20böse/👍", "Gut &- b&APY-se/&2D3cTQ-"),
    ],
)
async def test_a_folder_is_named_as_people_read_it(tmp_path: Path, folder: str, sent: str) -> None:
    async with serving_mail("ann", "pw") as mail, kept(tmp_path, allowed=[f"127.0.0.1:{mail.port}"]) as room:
        mail.folder, mail.messages = sent, {1: b"Subject: Valves\r\n\r\nThe valve of unit 7 is red.\r\n"}
        room.secrets["MAIL"] = "pw"
        await room.add("imap", f"imap://127.0.0.1:{mail.port}/{folder}", user="ann", password="MAIL")
        done = await room.sync()
        assert (done.run.state, done.run.trouble, done.items) == (RunState.DONE, None, 1)
        assert [*await room.texts()] == [f"place/{normalize('NFC', unquote(folder))}/1.eml"]


async def test_a_message_that_is_not_given_away_holds_up_no_other(tmp_path: Path) -> None:
    async with serving_mail("ann", "pw") as mail, kept(tmp_path, allowed=[f"127.0.0.1:{mail.port}"]) as room:
        mail.messages = {n: f"Subject: {n}\r\n\r\nMessage number {n}.\r\n".encode() for n in range(1, 15)}
        mail.refused, mail.deadly = {2, 3, 4, 5, 6, 7}, {9}
        room.secrets["MAIL"] = "pw"
        await room.add("imap", f"imap://127.0.0.1:{mail.port}/INBOX", user="ann", password="MAIL")
        done = await room.sync()
        assert (done.run.state, done.run.trouble) == (RunState.DONE, None)
        assert (done.run.counts.added, done.run.counts.failed) == (7, 7)
        troubled = {each.key: each.trouble for each in await room.sources.troubled(SCOPE, "place")}
        assert {key: trouble and trouble.code for key, trouble in troubled.items()} == {
            **{f"7:{n}": "item-refused" for n in mail.refused},
            "7:9": "source-unreachable",
        }
        assert "it is damaged" in str(troubled["7:2"])
        mail.refused, mail.deadly = set(), set()
        assert ((await room.sync()).run.counts.added, len(await room.texts())) == (7, 14)


@pytest.mark.parametrize(("user", "password"), [("ann", "gehäim"), ("jürgen", "x"), ("李", 'пароль "\\')])
async def test_who_signs_in_may_be_spelled_in_any_letters(tmp_path: Path, user: str, password: str) -> None:
    async with serving_mail(user, password) as mail, kept(tmp_path, allowed=[f"127.0.0.1:{mail.port}"]) as room:
        mail.messages = {1: b"Subject: Valves\r\n\r\nThe valve of unit 7 is red.\r\n"}
        room.secrets["MAIL"] = password
        await room.add("imap", f"imap://127.0.0.1:{mail.port}/INBOX", user=user, password="MAIL")
        done = await room.sync()
        assert (done.run.state, done.run.trouble, done.items) == (RunState.DONE, None, 1)
        room.secrets["MAIL"] = "falsch ä"
        failed = await room.sync()
        assert failed.run.trouble is not None
        assert (failed.run.state, failed.run.trouble.code) == (RunState.FAILED, "source-unreachable")
        assert "falsch" not in failed.run.trouble.message
