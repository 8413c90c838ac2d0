"""Entries of feeds: each is a document of its own, whatever its title is and whether it leads anywhere."""

from tests.doubles.site import Reply, Site
from tests.unit.sources.kept import Kept

from pincite.sources import RunState


def entry(title: str, text: str, link: str = "", guid: str = "") -> str:
    known_by = f'<guid isPermaLink="false">{guid}</guid>' if guid else ""
    leads = f"<link>{link}</link>" if link else ""
    return f"<item><title>{title}</title>{leads}{known_by}<description>{text}</description></item>"


def shows(site: Site, *entries: str) -> None:
    body = f'<rss version="2.0"><channel>{"".join(entries)}</channel></rss>'
    site.replies["/feed"] = Reply(body.encode(), "application/rss+xml")


async def test_entries_of_one_title_are_documents_of_their_own(site: Site, room: Kept) -> None:
    first = entry("Weekly notes", "The first week pumps were red.", guid="1")
    second = entry("Weekly notes", "The second week valves were blue.", guid="2")
    shows(site, second, first)
    await room.add("feed", f"{site.url}/feed", content="entry", pause_s=0)
    done = await room.sync()
    assert (done.run.state, done.items) == (RunState.DONE, 2)
    texts = await room.texts()
    assert len(texts) == 2
    assert "blue" in texts["place/Weekly notes.html"]
    (other,) = texts.keys() - {"place/Weekly notes.html"}
    assert other.startswith("place/Weekly notes~")
    assert other.endswith(".html")
    shows(site, entry("Weekly notes", "The third week all was well.", guid="3"), second, first)
    again = await room.sync()
    assert (again.run.counts.added, again.run.counts.changed, again.items) == (1, 0, 3)
    after = await room.texts()
    assert {name: after[name] for name in texts} == texts, "what is there keeps its name"


async def test_entries_that_lead_nowhere_are_read_where_their_own_text_is(site: Site, room: Kept) -> None:
    shows(
        site,
        entry("Outage", "The pump failed at nine.", guid="17"),
        entry("Notice", "Ferries leave at ten."),
        entry("", "Cranes stand still."),
        entry("Linked", "Other.", link=f"{site.url}/b"),
    )
    await room.add("feed", f"{site.url}/feed", content="entry", pause_s=0)
    assert (await room.sync()).items == 4
    said = "\n".join((await room.texts()).values())
    assert all(words in said for words in ("failed at nine", "leave at ten", "stand still", "Other"))
    assert (await room.sync()).run.counts.added == 0


async def test_entries_that_lead_nowhere_have_no_page_to_read(site: Site, room: Kept) -> None:
    site.page("/b", "<html><body><p>The page of the entry.</p></body></html>")
    shows(site, entry("Outage", "The pump failed.", guid="17"), entry("Linked", "Other.", link=f"{site.url}/b"))
    await room.add("feed", f"{site.url}/feed", pause_s=0)
    done = await room.sync()
    assert (done.run.state, done.items, done.run.counts.failed) == (RunState.DONE, 1, 0)


def leads(site: Site, *pages: str) -> None:
    for page in pages:
        site.page(f"/{page}", f"<html><body><p>The page {page}.</p></body></html>")


async def test_entries_of_one_id_are_told_apart_by_where_they_lead(site: Site, room: Kept) -> None:
    leads(site, "a", "b", "c")
    shows(site, *(entry(f"Title {each}", f"Text {each}.", f"{site.url}/{each}", guid="same") for each in "abc"))
    await room.add("feed", f"{site.url}/feed", content="entry", pause_s=0)
    assert (await room.sync()).items == 3
    for _ in range(2):
        counts = (await room.sync()).run.counts
        assert (counts.found, counts.added, counts.changed) == (3, 0, 0)


async def test_a_page_that_many_entries_lead_to_is_one_document(site: Site, room: Kept) -> None:
    leads(site, "notes", "a")
    old = [entry(f"Version {n}", "Short.", f"{site.url}/notes#v{n}", guid=str(n)) for n in (2, 1)]
    shows(site, *old, entry("A", "Short.", f"{site.url}/a", guid="a"))
    await room.add("feed", f"{site.url}/feed", pause_s=0)
    assert (await room.sync()).items == 2
    assert site.given.count("/notes") == 1
    site.page("/notes", "<html><body><p>Version 3 is out.</p></body></html>")
    shows(site, entry("Version 3", "Short.", f"{site.url}/notes#v3", guid="3"), *old)
    after = await room.sync()
    assert (after.run.counts.added, after.run.counts.changed, after.items) == (0, 1, 2)


async def test_the_blocks_of_an_entry_in_xhtml_stay_apart(site: Site, room: Kept) -> None:
    content = "<h:div><h:p>Pumps are blue.</h:p><h:ul><h:li>one</h:li><h:li>two</h:li></h:ul></h:div>"
    spaces = 'xmlns="http://www.w3.org/2005/Atom" xmlns:h="http://www.w3.org/1999/xhtml"'
    body = f'<feed {spaces}><entry><id>1</id><title>T</title><content type="xhtml">{content}</content></entry></feed>'
    site.replies["/feed"] = Reply(body.encode(), "application/atom+xml")
    await room.add("feed", f"{site.url}/feed", content="entry", pause_s=0)
    await room.sync()
    (text,) = (await room.texts()).values()
    assert [line for line in text.splitlines() if line][-3:] == ["Pumps are blue.", "one", "two"]


async def test_what_is_no_feed_or_a_broken_one_is_said_of_the_feed(site: Site, room: Kept) -> None:
    site.replies["/feed"] = Reply(b'{"version": "https://jsonfeed.org/version/1.1"}', "application/feed+json")
    await room.add("feed", f"{site.url}/feed", pause_s=0)
    said = (await room.sync()).run.trouble
    assert said is not None
    assert ("is no feed" in said.message, "RSS or Atom" in said.remedy) == (True, True)
    site.replies["/feed"] = Reply(b"<rss><channel><item>a&nbsp;b</item>", "application/rss+xml")
    said = (await room.sync()).run.trouble
    assert said is not None
    assert (f"{site.url}/feed" in said.message, "upload" in said.remedy) == (True, False)
