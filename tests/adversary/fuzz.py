"""What is fuzzed: each target is a name, cases, and a check that must hold for every one of them.

Add a target to `TARGETS` and it runs: a few hundred cases with the tests, a hundred thousand with `make fuzz`. A check
raises nothing but for a fault; a refusal that belongs to it (`BadUrl`, say) it catches itself.
"""

import asyncio
import ipaddress
import json
import unicodedata
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx2
from hypothesis import strategies as st
from tests.adversary import fuzz_answers, fuzz_markdown
from tests.adversary.cases import Target, pieces

from pincite.core import InvalidInput
from pincite.guard import FileType, ParserCrashed, UnreadableDocument, UnsupportedType
from pincite.guard.members import shown
from pincite.guard.outbound import is_public
from pincite.guard.replies import Pages
from pincite.guard.settings import GuardSettings
from pincite.guard.urls import BadUrl, Url, clean_host, join_url, parse_url
from pincite.guard.wire import unpack_head
from pincite.ingest.multipart import BadUpload, MultipartReader
from pincite.library.delivery import content_headers, parse_range
from pincite.library.names import clean_batch, clean_collection, clean_source

_URLS = pieces(
    "http://", "https://", "HTTP:", "//", "/", "\\", "?", "#", "@", ":", "80", "443", "65536", "[", "]", "::1",
    "::ffff:", "%25", "%00", "%2e", "127.0.0.1", "0x7f", "0177", "2130706433", "example.com", "localhost", ".", "xn--",
    "ß", "。", "①", "a", "user:pass", "file:", " ", "\t", "\r\n", "ftp://", "..", "%", "169.254.169.254",
    "fe80::1%eth0", "&", "=", "|", "[::]",
)  # fmt: skip
_SITE = parse_url("https://example.com/a/b?c=d")


def _url(text: str) -> None:
    try:
        url = parse_url(text)
    except BadUrl:
        return
    _is_one(url)


def _reference(text: str) -> None:
    try:
        url = join_url(_SITE, text)
    except BadUrl:
        return
    _is_one(url)


def _is_one(url: Url) -> None:
    """All who read it find the same host, port and target; none can be led elsewhere."""
    spelled = str(url)
    assert spelled.isascii()
    assert not set(spelled) & set(" \\\r\n\t\x00")
    assert parse_url(spelled) == url
    assert clean_host(url.host) == url.host
    theirs, other = urlsplit(spelled), httpx2.URL(spelled)
    assert (theirs.hostname, theirs.username, theirs.fragment) == (url.host, None, "")
    assert (theirs.port or (443 if url.scheme == "https" else 80)) == url.port
    assert (other.raw_host.strip(b"[]").decode(), other.userinfo) == (url.host, b"")
    assert (other.port or (443 if url.scheme == "https" else 80)) == url.port


def _address(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if not is_public(address):
        return
    kinds = ("private", "loopback", "link_local", "multicast", "reserved", "unspecified")
    assert [kind for kind in kinds if getattr(address, f"is_{kind}")] == []
    if isinstance(address, ipaddress.IPv6Address):
        assert address.ipv4_mapped is None
        assert address.sixtofour is None
        assert address.teredo is None


_SPECIAL = st.sampled_from(
    ("::ffff:0:0/96", "2002::/16", "2001::/32", "64:ff9b::/96", "fe80::/10", "fc00::/7", "2001:db8::/32", "2000::/3")
).flatmap(lambda network: st.ip_addresses(v=6, network=network))
_ADDRESSES = st.one_of(st.ip_addresses(), _SPECIAL)


def _range(case: tuple[str | None, int]) -> None:
    header, size = case
    found = parse_range(header, size)
    assert found is None or 0 <= found.start <= found.end <= size


_RANGES = st.tuples(
    st.none() | pieces("bytes=", "-", ",", "0", "1", "99999999999999999999", " ", "bytes", "=", "٣", most=8),
    st.integers(0, 1 << 40),
)


def _name(name: str) -> None:
    for clean in (clean_source, clean_collection, clean_batch):
        try:
            cleaned = clean(name)
        except InvalidInput:
            continue
        assert len(cleaned.splitlines()) == 1
        assert clean(cleaned) == cleaned
        assert not {unicodedata.category(char) for char in cleaned} & {"Cc", "Cs", "Zl", "Zp"}
        if clean is clean_source:
            assert not {"", ".", ".."} & set(cleaned.split("/"))
            headers = content_headers(cleaned, FileType.TEXT, '"x"')
            assert all(value.isascii() and value.isprintable() for value in headers.values())
            assert headers["Content-Disposition"].count('"') == 2
    said = shown(name)
    assert 0 < len(said) <= 100
    assert len(said.splitlines()) == 1
    assert not {".", ".."} & set(said.split("/"))


_NAMES = pieces(
    "../", "..\\", "/", "C:", "CON", ".md", "\u202e", "\u2028", "e\u0301", "\ud800", "\x00", '"', "%", "…", most=20
)


def _as_header(text: str) -> str:
    return text.encode("utf-8", "replace").decode("latin-1")


def _form(case: tuple[str, bytes, int]) -> None:
    content_type, body, size = case

    async def read() -> None:
        async def arriving() -> AsyncIterator[bytes]:
            for start in range(0, len(body), size):
                yield body[start : start + size]

        try:
            reader = MultipartReader(content_type, arriving())
            async for part in reader.parts():
                if part.filename is None:
                    await reader.text()
        except BadUpload:
            return

    asyncio.run(read())


_FORM = st.lists(
    st.one_of(
        st.sampled_from(
            (
                b"--b",
                b"--b--",
                b"\r\n",
                b"\n",
                b"Content-Disposition: form-data",
                b'; name="file"',
                b'; filename="a.md"',
                b"; filename*=UTF-8''x",
                b'; name="source"',
                b"\r\n\r\n",
                b": ",
                b'"',
                b"\\",
                b"--",
                b"x" * 5000,
                b'\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhi',
            )
        ),
        st.binary(max_size=6),
    ),
    max_size=16,
).map(b"".join)
_FORMS = st.tuples(
    st.sampled_from(("multipart/form-data; boundary=b", "multipart/form-data; boundary=\"b\"", "multipart/form-data"))
    | pieces("multipart/form-data", ";", "boundary", "=", "b", '"', "\\", "*0", "charset", most=8).map(_as_header),
    _FORM,
    st.integers(1, 64),
)  # fmt: skip


def _reply(said: bytes) -> None:
    try:
        message = unpack_head(said)
    except ValueError:
        return
    if not isinstance(message.get("kind"), str):
        return
    pages = Pages(GuardSettings(max_pages=100, max_text_chars=1000), 1)
    try:
        batch = pages.batch(message)
    except (ParserCrashed, UnreadableDocument, UnsupportedType) as error:
        error.message.encode()
        return
    for page in batch.pages:
        assert 1 <= page.number <= 100
        page.text.encode()
        assert all(0 <= block.start <= block.end <= len(page.text) for block in page.blocks)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | pieces("page", "\ud800", "paragraph", "table", "http://a"),
    lambda inner: st.lists(inner, max_size=6),
    max_leaves=12,
)
_PAGES = st.lists(
    st.tuples(
        st.integers(-2, 103) | _JSON, _JSON | st.just("1"), _JSON | st.just("some text"),
        _JSON | st.lists(st.tuples(st.sampled_from(("paragraph", "table", "x")), st.integers(-1, 12), st.integers(-1,
        12),
                                   st.integers(0, 6)), max_size=3),
        _JSON | st.just(""), _JSON | st.none(),
    ).map(list),
    max_size=3,
)  # fmt: skip
_REPLIES = st.one_of(
    st.binary(max_size=40),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(("pages", "error", "done")), "total": _JSON | st.integers(), "pages": _PAGES | _JSON},
        optional={"message": _JSON, "code": _JSON, "remedy": _JSON, "page": _JSON | st.integers()},
    ).map(lambda message: json.dumps(message).encode()),
)

TARGETS: dict[str, Target] = {
    "addresses of the web": Target(_URLS, _url),
    "links": Target(_URLS, _reference),
    "addresses of hosts": Target(_ADDRESSES, _address),
    "ranges": Target(_RANGES, _range),
    "names": Target(_NAMES, _name),
    "forms": Target(_FORMS, _form),
    "replies of parsers": Target(_REPLIES, _reply),
    **fuzz_answers.TARGETS,
    **fuzz_markdown.TARGETS,
}
