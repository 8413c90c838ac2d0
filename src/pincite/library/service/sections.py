"""Use case of readers: the section around a passage, read page by page as far as it goes.

Where a section begins and ends is decided in `library/sections.py`.
"""

from pincite.core import InvalidInput, Scope
from pincite.library.sections import Heading, Path, Section, SectionPart, headings_of, part_of
from pincite.library.service.reading import Reading

MAX_SECTION_CHARS = 20_000
_PAGES_AT_ONCE = 20
# Further up no heading is looked for: a section of more pages than this is none.
_CLIMBED_PAGES = 500


class Sections(Reading):
    """The parents of passages."""

    async def section(self, scope: Scope, revision_id: str, page: int, at: int = 0, *, up: int = 0) -> Section:
        """Return the section that a place lies in; a place that no heading stands above has its page for a section.

        Args:
            scope: who asks.
            revision_id: the revision, also one that was superseded.
            page: the place's page.
            at: the place's character on that page.
            up: how many headings further up; beyond the outermost it is the outermost.

        Raises:
            NotFound: no such revision or page.
            InvalidInput: the place is not on the page.
        """
        source = (await self.document(scope, (await self.revision(scope, revision_id)).document_id)).source
        first = await self.page(scope, revision_id, page)
        if not 0 <= at <= len(first.text):
            raise InvalidInput(
                f"Character {at} is not on page {page}, which has {len(first.text)}.",
                remedy="Take the place from a pin or a search hit of this very revision.",
            )
        path = Path()
        path.climb(headings_of(first, at))
        await self._climb(scope, revision_id, page, path)
        chosen = path.chosen(up)
        if not chosen:
            text = first.text[:MAX_SECTION_CHARS]
            return Section(source, (), (SectionPart(page, 0, len(text), text),), len(text) == len(first.text))
        parts, whole = await self._down(scope, revision_id, chosen[-1])
        return Section(source, tuple(each.title for each in chosen), tuple(parts), whole)

    async def _climb(self, scope: Scope, revision_id: str, page: int, path: Path) -> None:
        lowest = max(1, page - _CLIMBED_PAGES)
        while page > lowest and not path.complete:
            begin = max(lowest, page - _PAGES_AT_ONCE)
            for each in reversed(await self.pages(scope, revision_id, begin, page - begin)):
                path.climb(headings_of(each))
            page = begin

    async def _down(self, scope: Scope, revision_id: str, heading: Heading) -> tuple[list[SectionPart], bool]:
        parts: list[SectionPart] = []
        left, page = MAX_SECTION_CHARS, heading.page
        while pages := await self.pages(scope, revision_id, page, _PAGES_AT_ONCE):
            for each in pages:
                part, ends, cut = part_of(each, heading, left)
                left -= len(part.text)
                parts += [part] if part.text.strip() else []
                if ends or cut:
                    return parts, not cut
            page = pages[-1].number + 1
        return parts, True
