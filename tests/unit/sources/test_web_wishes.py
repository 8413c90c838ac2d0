"""What sites ask for is kept to however they say it, and where they contradict themselves nothing is lost."""

import asyncio
import time
from pathlib import Path

import pytest
from tests.doubles.site import Reply, Site
from tests.unit.ingest.rooms import SCOPE
from tests.unit.sources.kept import Kept, kept
from tests.unit.sources.test_web import links, names

from pincite.guard.fetching import Fetcher, FetchFailed
from pincite.sources import RunState, SourceChanges, SourcesSettings


def canonical(address: str, text: str) -> str:
    return links(head=f'<link rel="canonical" href="{address}">', text=text)


async def test_a_page_whose_canonical_address_leads_nowhere_is_read(site: Site, room: Kept) -> None:
    site.page("/docs/", links("ring1", "dead", "twin", "away", "hub", text="The start."))
    site.page("/docs/ring1", canonical("ring2", "First of a ring."))
    site.page("/docs/ring2", canonical("ring3", "Second of a ring."))
    site.page("/docs/ring3", canonical("ring1", "Third of a ring."))
    site.page("/docs/dead", canonical("never-was", "Its own address is wrong."))
    site.page("/docs/twin", canonical("twin2", "Twin, one of two."))
    site.page("/docs/twin2", canonical("twin", "Twin, two of two."))
    site.page("/docs/away", canonical("moved", "Away."))
    site.replies["/docs/moved"] = Reply(b"", status=301, headers={"location": "/elsewhere/"}, has_etag=False)
    site.page("/elsewhere/", links(text="Outside."))
    site.page("/docs/hub", canonical("hub/", "The hub."))
    site.page("/docs/hub/", links(text="The hub, at home."))
    await room.add("web", f"{site.url}/docs/", pause_s=0)
    done = await room.sync()
    assert (done.run.state, done.run.trouble, done.run.counts.failed) == (RunState.DONE, None, 0)
    texts = {name.partition("/docs/")[2] or "/": text for name, text in (await room.texts()).items()}
    assert set(texts) - {"ring1", "ring2", "ring3", "twin", "twin2"} == {"/", "dead", "away", "hub"}
    assert "at home" in texts["hub"]
    assert len(set(texts) & {"ring1", "ring2", "ring3"}) == 1
    assert len(set(texts) & {"twin", "twin2"}) == 1
    assert max(site.asked.count(each) for each in set(site.asked)) <= 2, site.asked
    again = await room.sync()
    counts = again.run.counts
    assert (counts.found, counts.added, counts.changed, counts.removed) == (done.run.counts.found, 0, 0, 0)


async def test_a_run_of_many_jobs_settles_canonical_addresses_as_one_would(site: Site, tmp_path: Path) -> None:
    site.page("/docs/", links("a", "b", "c", text="The start."))
    site.page("/docs/a", canonical("b", "The first."))
    site.page("/docs/b", canonical("a", "The second."))
    site.page("/docs/c", canonical("gone", "The third."))
    brief = SourcesSettings(look_s=0.1, portion_s=0)
    async with kept(tmp_path, allowed=[f"127.0.0.1:{site.port}"], settings=brief) as room:
        await room.add("web", f"{site.url}/docs/", pause_s=0)
        done = await room.sync()
        assert (done.run.state, done.run.trouble) == (RunState.DONE, None)
        assert done.run.portion > 3
        assert await names(room) == {"", "b", "c"}


async def test_what_the_header_asks_is_kept_to(site: Site, room: Kept) -> None:
    site.page("/docs/", links("plain", "hidden", "file.txt", "others", "leaf", "old", text="The start."))
    site.page("/docs/plain", links(text="Plain."))
    site.page("/docs/hidden", links("behind", text="Not to be kept."), **{"x-robots-tag": "NoIndex"})
    site.page("/docs/behind", links(text="Behind."))
    headers = {"x-robots-tag": "googlebot: nofollow\r\nX-Robots-Tag: unavailable_after: 1 Jan 2030, pincite: none"}
    site.replies["/docs/file.txt"] = Reply(b"A file that is not to be kept.", "text/plain", headers=headers)
    site.page("/docs/others", links(text="Hidden from others."), **{"x-robots-tag": "googlebot: noindex, nofollow"})
    site.page("/docs/leaf", links("unfollowed", text="A leaf."), **{"x-robots-tag": "max-snippet: 5, nofollow"})
    site.page("/docs/unfollowed", links(text="Never asked for."))
    site.page("/docs/old", links(text="Kept until the site asks otherwise."))
    await room.add("web", f"{site.url}/docs/", pause_s=0)
    assert (await room.sync()).run.trouble is None
    assert await names(room) == {"", "plain", "behind", "others", "leaf", "old"}
    assert "/docs/unfollowed" not in site.asked
    site.replies["/docs/old"].headers["x-robots-tag"] = "noindex"  # and its ETag is as it was
    assert (await room.sync()).run.counts.removed == 1
    assert "old" not in await names(room)


async def test_rules_behind_a_byte_order_mark_are_rules(site: Site, room: Kept) -> None:
    site.replies["/robots.txt"] = Reply(b"\xef\xbb\xbfUser-agent: *\nDisallow: /docs/private\n", "text/plain")
    site.page("/docs/", links("private/a", "b", text="The start."))
    site.page("/docs/private/a", links(text="Private."))
    site.page("/docs/b", links(text="Open."))
    await room.add("web", f"{site.url}/docs/", pause_s=0)
    await room.sync()
    assert await names(room) == {"", "b"}
    assert "/docs/private/a" not in site.asked


@pytest.mark.parametrize("kind", ["", "binary/octet-stream", "application/force-download", "application/x-pdf"])
async def test_what_a_server_calls_a_file_does_not_lose_it(site: Site, room: Kept, kind: str) -> None:
    site.page("/docs/", links("notes.txt", "pic", text="The start."))
    site.replies["/docs/notes.txt"] = Reply(b"The valve of unit 7 is red.", kind)
    site.replies["/docs/pic"] = Reply(b"\x89PNG", "image/png")
    await room.add("web", f"{site.url}/docs/", pause_s=0)
    done = await room.sync()
    assert (done.run.counts.added, done.run.counts.failed) == (2, 0)


async def test_frames_and_pages_that_send_on_lead_somewhere(site: Site, room: Kept) -> None:
    head = "<meta http-equiv='Refresh' content=\"0; URL='latest/'\">"
    site.page("/docs/", f"<html><head>{head}</head><body><p>On to the newest version.</p></body></html>")
    site.page("/docs/latest/", '<html><frameset><frame src="menu.html"><frame src="main.html"></frameset></html>')
    site.page("/docs/latest/menu.html", links("deep.html", text="Menu."))
    site.page("/docs/latest/main.html", '<html><body><p>Main.</p><iframe src="inner.html"></iframe></body></html>')
    for name in ("deep", "inner"):
        site.page(f"/docs/latest/{name}.html", links(text=f"The page {name}."))
    await room.add("web", f"{site.url}/docs/", pause_s=0)
    await room.sync()
    assert await names(room) >= {"", "latest/menu.html", "latest/main.html", "latest/deep.html", "latest/inner.html"}


async def test_a_sitemap_that_cannot_be_read_is_named_with_what_to_do(site: Site, room: Kept) -> None:
    site.page("/docs/", links("a", text="The start."))
    site.replies["/sitemap.xml"] = Reply(b"<urlset><url><loc>a&nbsp;b</loc>", "text/xml")
    await room.add("web", f"{site.url}/docs/", pause_s=0)
    done = await room.sync()
    assert done.run.state is RunState.FAILED
    assert done.run.trouble is not None
    assert f"{site.url}/sitemap.xml" in done.run.trouble.message
    assert "sitemap=false" in done.run.trouble.remedy


async def test_that_there_are_more_pages_is_said(site: Site, room: Kept) -> None:
    for number in range(12):
        site.page(f"/docs/{number}", links(f"{number + 1}", text=f"Page {number}."))
    await room.add("web", f"{site.url}/docs/0", pause_s=0, pages=5, depth=50)
    done = await room.sync()
    assert (done.run.state, done.run.counts.found) == (RunState.DONE, 5)
    assert done.run.trouble is not None
    assert done.run.trouble.code == "more-pages"
    for number in range(5, 12):
        del site.replies[f"/docs/{number}"]
    site.page("/docs/4", links(text="The last."))
    assert (await room.sync()).run.trouble is None


async def test_the_pause_is_kept_to_from_one_job_to_the_next(site: Site, tmp_path: Path) -> None:
    site.page("/docs/", links("a", "b", "c", text="The start."))
    for name in "abc":
        site.page(f"/docs/{name}", links(text=f"Page {name}."))
    brief = SourcesSettings(look_s=0.1, portion_s=0)
    async with kept(tmp_path, allowed=[f"127.0.0.1:{site.port}"], settings=brief) as room:
        await room.add("web", f"{site.url}/docs/", pause_s=0.4)
        began = time.monotonic()
        done = await room.sync()
        assert done.run.portion > 2
        assert time.monotonic() - began >= 0.4 * (len(site.asked) - 1)


async def test_an_answer_of_no_said_type_is_fetched_and_every_robots_header_is_given(site: Site, room: Kept) -> None:
    site.replies["/x"] = Reply(b"x", "", headers={"x-robots-tag": "none\r\nx-robots-tag: noarchive"})
    fetcher = room.sources.work._parts.tools.fetcher  # the one that the room was opened with
    async with fetcher.get(f"{site.url}/x", types=["text/"]) as got:
        assert got.headers["x-robots-tag"] == "none\nnoarchive"
    site.replies["/x"] = Reply(b"x", "image/png")
    with pytest.raises(FetchFailed):
        async with fetcher.get(f"{site.url}/x", types=["text/"]):
            pass


async def test_a_run_under_way_goes_on_by_what_the_source_was_changed_to(site: Site, tmp_path: Path) -> None:
    site.page("/docs/", links("a", "b", "c", text="The start."))
    for name in "abc":
        site.page(f"/docs/{name}", links(text=f"Page {name}."))
    async with kept(tmp_path, allowed=[f"127.0.0.1:{site.port}"], chores=True) as room:
        await room.add("web", f"{site.url}/docs/", pause_s=60, sitemap=False)
        async with asyncio.timeout(20):
            while (await room.sources.source(SCOPE, "place")).run.state is not RunState.RUNNING:
                await asyncio.sleep(0.02)
        await room.sources.change(SCOPE, "place", SourceChanges(options={"pause_s": 0}))
        async with asyncio.timeout(20):
            while (found := await room.sources.source(SCOPE, "place")).run.state is not RunState.DONE:
                await asyncio.sleep(0.02)
        assert (found.run.number, found.items, found.options) == (2, 4, {"pause_s": 0, "sitemap": False})


async def test_addresses_that_lead_in_circles_do_not_make_a_site_one_that_is_down(site: Site, room: Kept) -> None:
    circles = [f"login?next={number}" for number in range(7)]
    site.page("/docs/", links(*circles, "inside", "a", text="The start."))
    for each in circles:
        site.replies[f"/docs/{each}"] = Reply(b"", status=302, headers={"location": each}, has_etag=False)
    site.replies["/docs/inside"] = Reply(b"", status=302, headers={"location": "http://10.0.0.1/"}, has_etag=False)
    site.page("/docs/a", links(text="Page a."))
    await room.add("web", f"{site.url}/docs/", pause_s=0)
    done = await room.sync()
    assert (done.run.state, done.run.trouble, done.run.counts.failed) == (RunState.DONE, None, 8)
    assert await names(room) == {"", "a"}


async def test_dots_in_addresses_lead_past_no_rule(site: Site, room: Kept) -> None:
    site.replies["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /docs/secret\n", "text/plain")
    out = [f"{site.url}/docs/../outside", f"{site.url}/docs/x/%2E%2e/%2e./outside", f"{site.url}/docs/x/../secret/a"]
    site.page("/docs/", links(*out, f"{site.url}/docs/./a", f"{site.url}/docs/x/../a", "a", text="The start."))
    site.page("/docs/a", links(text="Page a."))
    await room.add("web", f"{site.url}/docs/", pause_s=0)
    await room.sync()
    assert await names(room) == {"", "a"}
    assert set(site.asked) == {"/robots.txt", "/sitemap.xml", "/docs/", "/docs/a"}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("/a/./b", "/a/b"),
        ("/a/../b", "/b"),
        ("/a/b/..", "/a/"),
        ("/a/.", "/a/"),
        ("/../..", "/"),
        ("/a/%2e%2E/b?c=/../d", "/b?c=/../d"),
        ("/a/...", "/a/..."),
        ("/.a/..b/c.", "/.a/..b/c."),
        ("/a//../b", "/a/b"),
    ],
)
def test_one_place_has_one_spelling(given: str, sent: str) -> None:
    assert Fetcher.allowing().normal(f"https://example.com{given}") == f"https://example.com{sent}"
