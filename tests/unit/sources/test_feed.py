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
