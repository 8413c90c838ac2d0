"""What a web site asks of those who collect its pages is kept to, and what it does wrong loses nothing."""

from pathlib import Path
from typing import Any

import pytest
from tests.doubles.site import Reply, Site
from tests.unit.ingest.rooms import SCOPE
from tests.unit.sources.kept import QUICK, Kept, kept

from pincite.guard import DocumentReader, ParserCrashed
from pincite.sources import NewSource, RunState, SourcesSettings


def links(*targets: str, head: str = "", text: str = "Some text.") -> str:
    anchors = "".join(f'<a href="{each}">x</a>' for each in targets)
    return f"<html><head>{head}</head><body><p>{text}</p>{anchors}</body></html>"


async def names(room: Kept) -> set[str]:
    return {name.partition("/docs/")[2] for name in await room.texts()}


async def test_what_the_site_asks_is_kept_to(site: Site, room: Kept) -> None:
    rules = "User-agent: *\nDisallow: /\n\nUser-agent: Pincite\nDisallow: /docs/private\nDisallow: /*.cgi$\n"
    rules += "Allow: /docs/private/open\n"
    site.replies["/robots.txt"] = Reply(rules.encode(), "text/plain")
    targets = ("a", "private/x", "private/open", "b.cgi", "hidden", "leaf", "copy?from=here", "../outside", "old",
               "pic.png", "javascript:x()", "mailto:a@b.c", "http://127.0.0.1:1/", "#top")  # fmt: skip
    start = links(*targets, text="The start.")
    site.page("/docs/", start)
    site.page("/docs/a", links("b", text="Page a."))
    site.page("/docs/b", links("//127.0.0.1:1/docs/", text="Page b."))
    site.page("/docs/private/x", links(text="Private."))
    site.page("/docs/private/open", links(text="Open."))
    site.page("/docs/b.cgi", links(text="Script."))
    site.page("/docs/hidden", links("behind", head='<meta name="robots" content="noindex">', text="Not to be kept."))
    site.page("/docs/behind", links(text="Behind the hidden page."))
    site.page("/docs/leaf", links("unfollowed", head='<meta name="robots" content="nofollow">', text="A leaf."))
    site.page("/docs/unfollowed", links(text="Never asked for."))
    site.page("/docs/copy?from=here", links(head='<link rel="canonical" href="/docs/a">', text="Page a."))
    site.replies["/docs/old"] = Reply(b"", status=301, headers={"location": "/docs/new"}, has_etag=False)
    site.page("/docs/new", links(text="Moved here."))
    site.replies["/docs/pic.png"] = Reply(b"\x89PNG", "image/png")
    await room.add("web", f"{site.url}/docs/", pause_s=0)
    done = await room.sync()
    assert (done.run.state, done.run.trouble, done.run.counts.failed) == (RunState.DONE, None, 0)
    assert await names(room) == {"", "a", "b", "private/open", "behind", "leaf", "new"}
    for path in ("/docs/private/x", "/docs/b.cgi", "/docs/unfollowed", "/outside"):
        assert path not in site.asked
    assert site.asked.count("/docs/a") == 1
    site.given.clear()
    again = await room.sync()
    assert (again.run.counts.found, again.run.counts.added) == (done.run.counts.found, 0)
    assert set(site.given) <= {"/robots.txt", "/docs/hidden", "/docs/copy?from=here", "/docs/new", "/docs/pic.png"}


async def test_depth_and_pages_are_limits(site: Site, room: Kept) -> None:
    for number in range(12):
        site.page(f"/docs/{number}", links(f"{number + 1}", text=f"Page {number}."))
    await room.add("web", f"{site.url}/docs/0", pause_s=0, depth=3)
    assert (await room.sync()).run.counts.found == 4
    await room.sources.remove(SCOPE, "place")
    few = {"pause_s": 0, "pages": 2}
    await room.sources.add(SCOPE, NewSource("place", "web", f"{site.url}/docs/0", "kept", few, every_s=0))
    assert (await room.sync()).run.counts.found == 2


async def test_pages_that_fail_stay_and_pages_that_are_gone_go(site: Site, room: Kept) -> None:
    site.page("/docs/", links("a", "b", "c", text="Start."))
    for name in "abc":
        site.page(f"/docs/{name}", links(text=f"Page {name}."))
    await room.add("web", f"{site.url}/docs/", pause_s=0)
    assert (await room.sync()).items == 4
    site.replies["/docs/a"] = Reply(b"oops", status=500)
    site.replies["/docs/b"] = Reply(b"", status=404)
    after = await room.sync()
    assert (after.run.state, after.run.counts.failed, after.run.counts.removed, after.items) == (RunState.DONE, 1, 1, 3)
    troubled = await room.sources.troubled(SCOPE, "place")
    assert [(each.name.rpartition("/")[2], each.trouble is not None) for each in troubled] == [("a", True)]
    site.page("/docs/a", links(text="Page a."))
    assert (await room.sync()).run.counts.failed == 0
    site.replies["/robots.txt"] = Reply(b"", status=503, headers={"retry-after": "9999"})
    busy = await room.sync()
    assert (busy.run.state, busy.items) == (RunState.FAILED, 3)
    site.replies["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /", "text/plain")
    refused = await room.sync()
    assert refused.run.trouble is not None
    assert "robots.txt" in refused.run.trouble.message
    assert (refused.run.state, refused.items) == (RunState.FAILED, 3)


async def test_a_site_that_leads_elsewhere_is_said(site: Site, room: Kept) -> None:
    site.replies["/docs/"] = Reply(b"", status=302, headers={"location": "/login"}, has_etag=False)
    site.page("/login", "<html>Sign in</html>")
    await room.add("web", f"{site.url}/docs/", pause_s=0)
    done = await room.sync()
    assert done.run.trouble is not None
    assert "/login" in done.run.trouble.message


async def test_sitemaps_of_sitemaps_are_read_and_bombs_are_not(site: Site, room: Kept) -> None:
    site.page("/docs/", links(text="Start."))
    site.page("/docs/far", links(text="Only a sitemap knows this."))
    site.replies["/robots.txt"] = Reply(f"Sitemap: {site.url}/index.xml".encode(), "text/plain")
    elsewhere = "<sitemap><loc>http://127.0.0.1:1/x</loc></sitemap>"
    index = f"<sitemapindex><sitemap><loc>{site.url}/one.xml</loc></sitemap>{elsewhere}</sitemapindex>"
    site.replies["/index.xml"] = Reply(index.encode(), "application/xml")
    one = f"<urlset><url><loc>{site.url}/docs/far</loc></url><url><loc>{site.url}/other</loc></url></urlset>"
    site.replies["/one.xml"] = Reply(one.encode(), "application/xml")
    await room.add("web", f"{site.url}/docs/", pause_s=0)
    assert (await room.sync()).run.counts.found == 2
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    bomb += "<urlset><url><loc>&b;</loc></url></urlset>"
    site.replies["/one.xml"] = Reply(bomb.encode(), "application/xml")
    failed = await room.sync()
    assert failed.run.trouble is not None
    assert (failed.run.state, failed.run.trouble.code, failed.items) == (RunState.FAILED, "unreadable-document", 2)


async def test_a_run_of_many_jobs_asks_for_each_thing_once(site: Site, tmp_path: Path) -> None:
    """Pages, and what is gone, leads elsewhere, asks not to be collected or is no document any more; lists too."""
    was = [f"was{n}" for n in range(3)]
    names = [*(f"p{n}" for n in range(6)), *was, *(f"dead{n}" for n in range(4)), "moved", "hidden"]
    site.page("/docs/", links(*names, text="Start."))
    for name in (*names[:6], *was, "new"):
        site.page(f"/docs/{name}", links(text=f"Page {name}."))
    site.replies["/docs/moved"] = Reply(b"", status=301, headers={"location": "/docs/new"}, has_etag=False)
    site.page("/docs/hidden", links("behind", head='<meta name="robots" content="noindex">'))
    site.page("/docs/behind", links(text="Behind it."))
    site.page("/docs/listed", links(text="Only a sitemap knows this."))
    sitemap = f"<urlset><url><loc>{site.url}/docs/listed</loc></url></urlset>"
    site.replies["/sitemap.xml"] = Reply(sitemap.encode(), "application/xml")
    settings = SourcesSettings(portion_s=0, look_s=QUICK.look_s)
    async with kept(tmp_path, allowed=[f"127.0.0.1:{site.port}"], settings=settings) as room:
        await room.add("web", f"{site.url}/docs/", pause_s=0)
        done = await room.sync()
        assert (done.run.state, done.items) == (RunState.DONE, 13)
        assert done.run.portion > 5
        asked = {path: site.asked.count(path) for path in site.asked}
        assert asked.pop("/docs/new") == 2, "where it leads, and itself"
        assert set(asked.values()) == {1}, asked
        for name in was[:2]:
            del site.replies[f"/docs/{name}"]
        site.page("/docs/was2", links("hidden", head='<meta name="robots" content="noindex">'))
        site.asked.clear()
        again = await room.sync()
        assert (again.run.state, again.run.counts.removed, again.items) == (RunState.DONE, 3, 10)
        assert again.run.portion > 5
        asked = {path: site.asked.count(path) for path in site.asked}
        assert asked.pop("/docs/new") == 2
        assert set(asked.values()) == {1}, asked


async def test_what_is_no_document_counts_too(site: Site, room: Kept) -> None:
    """Of a site that makes up addresses without end, none of them a document, not all are asked for, and it is said."""
    site.page("/docs/", links(*(f"f{n}" for n in range(300)), text="Start."))
    for number in range(300):
        site.page(f"/docs/f{number}", links(head='<meta name="robots" content="noindex">', text="A facet."))
    await room.add("web", f"{site.url}/docs/", pause_s=0, pages=5, sitemap=False)
    done = await room.sync()
    assert (done.run.state, done.items, len(site.asked)) == (RunState.FAILED, 1, 36)
    assert done.run.trouble is not None
    assert "addresses" in done.run.trouble.message


async def test_what_a_run_noted_may_be_lost(site: Site, tmp_path: Path) -> None:
    site.page("/docs/", links("a", "b", text="Start."))
    for name in "ab":
        site.page(f"/docs/{name}", links(text=f"Page {name}."))
    settings = SourcesSettings(portion_s=0, look_s=QUICK.look_s)
    (tmp_path / "cache").write_text("No folder can be made here.")
    async with kept(tmp_path, allowed=[f"127.0.0.1:{site.port}"], settings=settings) as room:
        await room.add("web", f"{site.url}/docs/", pause_s=0)
        done = await room.sync()
    assert (done.run.state, done.items) == (RunState.DONE, 3)
    assert site.asked.count("/robots.txt") == done.run.portion


@pytest.mark.parametrize("status", [401, 403, 500])
async def test_pages_that_are_not_given_fail_no_later_run(site: Site, room: Kept, status: int) -> None:
    """Neither beside each other, where the site only refuses them, nor between pages that are as they were."""
    refused = [f"p{n:02d}" for n in ((3, 4, 5, 6, 7, 8) if status < 500 else (1, 3, 5, 7, 9, 11))]
    site.page("/docs/", links(*(f"p{n:02d}" for n in range(14)), text="Start."))
    for number in range(14):
        site.page(f"/docs/p{number:02d}", links(text=f"Page {number}."))
    for name in refused:
        site.replies[f"/docs/{name}"] = Reply(b"no", status=status)
    await room.add("web", f"{site.url}/docs/", pause_s=0, sitemap=False)
    first = await room.sync()
    assert (first.run.state, first.run.counts.failed, first.items) == (RunState.DONE, 6, 9)
    site.page("/docs/p13", links(text="Page 13, mended."))
    del site.replies["/docs/p12"]
    again = await room.sync()
    counts = again.run.counts
    assert (again.run.state, counts.failed, counts.changed, counts.removed) == (RunState.DONE, 6, 1, 1)


def crashing(monkeypatch: pytest.MonkeyPatch, question: str, after: int = 0) -> None:
    """Let the parser die once, when it was asked that so many times."""
    real, asked = getattr(DocumentReader, question), [0]

    async def once(self: DocumentReader, *about: Any, **more: Any) -> Any:
        asked[0] += 1
        if asked[0] == after + 1:
            raise ParserCrashed("Reading the document took longer than the limit of 60 s.")
        return await real(self, *about, **more)

    monkeypatch.setattr(DocumentReader, question, once)


@pytest.mark.parametrize(("after", "state", "failed"), [(0, RunState.FAILED, 0), (1, RunState.DONE, 1)])
async def test_a_parser_that_dies_once_of_a_pages_links_loses_no_page(
    site: Site, room: Kept, monkeypatch: pytest.MonkeyPatch, after: int, state: RunState, failed: int
) -> None:
    site.page("/docs/", links("hub", text="Start."))
    site.page("/docs/hub", links(*(f"p{n}" for n in range(6)), text="The hub."))
    for number in range(6):
        site.page(f"/docs/p{number}", links(text=f"Page {number}."))
    await room.add("web", f"{site.url}/docs/", pause_s=0, sitemap=False)
    assert (await room.sync()).items == 8
    site.page("/docs/", links("hub", text="Start, edited."))
    site.page("/docs/hub", links(*(f"p{n}" for n in range(6)), text="The hub, edited."))
    crashing(monkeypatch, "markup", after)
    broken = await room.sync()
    counts = broken.run.counts
    assert (broken.run.state, counts.failed, counts.removed, broken.items) == (state, failed, 0, 8)
    mended = await room.sync()
    assert (mended.run.state, mended.run.counts.failed, mended.items) == (RunState.DONE, 0, 8)
    assert any("The hub, edited." in text for text in (await room.texts()).values())


async def test_what_hangs_on_a_page_that_fails_stays(site: Site, room: Kept) -> None:
    site.page("/docs/", links("hub", text="Start."))
    site.page("/docs/hub", links("behind", text="The hub."))
    site.page("/docs/behind", links(text="Only the hub leads here."))
    await room.add("web", f"{site.url}/docs/", pause_s=0, sitemap=False)
    assert (await room.sync()).items == 3
    site.replies["/docs/hub"] = Reply(b"oops", status=500)
    after = await room.sync()
    assert (after.run.state, after.run.counts.failed, after.items) == (RunState.DONE, 1, 3)


async def test_a_pdf_is_not_read_for_links(site: Site, room: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be long, and a parser that dies of it would keep it from being read at all."""
    site.page("/docs/", links("a.pdf", text="Start."))
    site.replies["/docs/a.pdf"] = Reply(b"%PDF-1.7\n<< /Type /Catalog >>\n", "application/pdf")
    crashing(monkeypatch, "markup", 1)
    await room.add("web", f"{site.url}/docs/", pause_s=0, sitemap=False)
    done = await room.sync()
    assert (done.run.state, done.run.counts.failed, done.run.counts.added) == (RunState.DONE, 0, 2)


async def test_a_file_of_which_the_parser_dies_once_is_read_the_next_time(
    tmp_path: Path, room: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("The valve of unit 7 is red.")
    await room.add("folder", str(tmp_path / "files"))
    crashing(monkeypatch, "sniff")
    assert (await room.sync()).run.counts.failed == 1
    again = await room.sync()
    assert (again.run.counts.added, again.run.counts.failed, again.items) == (1, 0, 1)


async def test_addresses_that_differ_in_a_slash_are_two_pages(site: Site, room: Kept) -> None:
    site.page("/docs/", links("a", "a/", "x%2Fy", "x/y", text="Start."))
    for name in ("a", "a/", "x%2Fy", "x/y"):
        site.page(f"/docs/{name}", links(text=f"This is {name}."))
    await room.add("web", f"{site.url}/docs/", pause_s=0, sitemap=False)
    assert (await room.sync()).items == 5
    assert len(await room.texts()) == 5


async def test_a_page_that_moves_to_the_same_address_with_a_slash_stays_the_same_document(
    site: Site, room: Kept
) -> None:
    site.page("/docs/", links("a", text="Start."))
    site.page("/docs/a", links(text="Page a."))
    await room.add("web", f"{site.url}/docs/", pause_s=0, sitemap=False)
    await room.sync()
    await room.texts()
    before = await room.rooms.library.named(SCOPE, f"place/127.0.0.1:{site.port}/docs/a")
    site.replies["/docs/a"] = Reply(b"", status=301, headers={"location": "/docs/a/"}, has_etag=False)
    site.page("/docs/a/", links(text="Page a."))
    moved = await room.sync()
    assert (moved.run.counts.removed, moved.items) == (0, 2)
    assert (await room.rooms.library.named(SCOPE, before.source)).id == before.id
