"""What is said to a mail server is one command: no folder and no user can begin another."""

from pathlib import Path
from typing import cast

import pytest

from pincite.guard import DocumentReader, Fetcher
from pincite.sources.adapters.imap import ImapOptions, ImapSource
from pincite.sources.domain import BadSource, Place, Tools
from pincite.sources.mailbox import _quoted

TOOLS = Tools(Fetcher.allowing(), cast("DocumentReader", None), lambda _: "", Path())


def source(folder: str, user: str = "ann") -> ImapSource:
    options = ImapOptions(user=user, password="PINCITE_SECRET_MAIL")
    return ImapSource(Place("s", f"imaps://mail.example.com/{folder}"), options, TOOLS)


@pytest.mark.parametrize("folder", ["INBOX%0D%0AX DELETE INBOX", "a%0Ab", "a%00b", "a%7Fb", "Entw%C3%BCrfe"])
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
