"""Mail and Git over TLS: read where the certificate can be trusted, and told nothing where it cannot."""

import os
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from tests.doubles.git_server import serving_git
from tests.doubles.mail_server import serving_mail
from tests.unit.sources.kept import kept

from pincite.sources import RunState

Trust = Callable[[trustme.CA], None]


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority of certificates, and the server's side of a certificate of its for some host."""

    ca: trustme.CA

    def serving(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(host).configure_cert(context)
        return context


@pytest.fixture
def authority() -> Authority:
    return Authority(trustme.CA())


@pytest.fixture
def trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trust:
    def trusted(ca: trustme.CA) -> None:
        path = tmp_path / "trusted.pem"
        ca.cert_pem.write_to_path(str(path))
        monkeypatch.setenv("SSL_CERT_FILE", str(path))

    return trusted


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repositories" / "docs.git"
    root.mkdir(parents=True)
    environment = {"PATH": os.defpath, "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    names = ("-c", "user.name=Ann", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")

    def run(*arguments: str) -> None:
        subprocess.run(["git", *names, *arguments], cwd=root, check=True, env=environment, capture_output=True)

    run("init")
    (root / "valve.md").write_text("The valve is red.")
    run("add", "--all")
    run("commit", "--message=one")
    return root.parent


async def test_a_mailbox_is_read_over_tls(home: Path, authority: Authority, trust: Trust) -> None:
    trust(authority.ca)
    async with serving_mail("ann", "pass word", authority.serving("localhost")) as mail:
        mail.messages = {1: b"Subject: valves\r\n\r\nThe valve is red.\r\n"}
        async with kept(home, allowed=[f"localhost:{mail.port}"]) as room:
            room.secrets["MAIL"] = "pass word"
            await room.add("imap", f"imaps://localhost:{mail.port}/INBOX", user="ann", password="MAIL")
            assert (await room.sync()).run.state is RunState.DONE
            assert "The valve is red." in next(iter((await room.texts()).values()))


@pytest.mark.parametrize("wrong", ["another's", "nobody's"])
async def test_no_password_goes_where_the_certificate_is_wrong(
    home: Path, authority: Authority, trust: Trust, wrong: str
) -> None:
    trust(authority.ca if wrong == "another's" else trustme.CA())
    host = "mail.example.com" if wrong == "another's" else "localhost"
    async with serving_mail("ann", "pass word", authority.serving(host)) as mail:
        async with kept(home, allowed=[f"localhost:{mail.port}"]) as room:
            room.secrets["MAIL"] = "pass word"
            await room.add("imap", f"imaps://localhost:{mail.port}/INBOX", user="ann", password="MAIL")
            run = (await room.sync()).run
            assert run.state is RunState.FAILED
            assert run.trouble is not None
            assert "SSL_CERT_FILE" in run.trouble.remedy
        assert mail.said == []


async def test_a_repository_is_read_over_https(
    home: Path, authority: Authority, trust: Trust, repository: Path
) -> None:
    trust(authority.ca)
    async with (
        serving_git(repository, "very-secret", authority.serving("localhost")) as server,
        kept(home, allowed=[f"localhost:{server.port}"]) as room,
    ):
        room.secrets["TOKEN"] = "very-secret"
        await room.add("git", f"https://localhost:{server.port}/docs.git", token="TOKEN")
        done = (await room.sync()).run
        assert (done.state, done.trouble) == (RunState.DONE, None)
        assert await room.texts() == {"place/valve.md": "The valve is red."}
        room.secrets["TOKEN"] = "withdrawn"
        refused = (await room.sync()).run
        assert refused.state is RunState.FAILED
        assert "withdrawn" not in str(refused.trouble)
        assert list(await room.texts()) == ["place/valve.md"], "what was read stays"


async def test_no_token_goes_where_the_certificate_is_wrong(
    home: Path, authority: Authority, trust: Trust, repository: Path
) -> None:
    trust(trustme.CA())
    async with serving_git(repository, "very-secret", authority.serving("localhost")) as server:
        async with kept(home, allowed=[f"localhost:{server.port}"]) as room:
            room.secrets["TOKEN"] = "very-secret"
            await room.add("git", f"https://localhost:{server.port}/docs.git", token="TOKEN")
            run = (await room.sync()).run
            assert run.state is RunState.FAILED
            assert run.trouble is not None
            assert "SSL_CERT_FILE" in run.trouble.remedy
        assert server.asked == []
