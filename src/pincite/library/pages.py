"""Pages as people meet them: their text, and what a range of one is called.

How a name is made is in `places.py`; pages as they are stored are in `domain.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pincite.guard import Block, FileType, PageBoxes
from pincite.library.domain import Chunk, Document, Page, Revision
from pincite.library.places import place_of, spanning
from pincite.privacy import Policy


@dataclass(frozen=True, slots=True)
class NamedPage:
    """A page's text with what its places are named by: its number, its label and the type of its document.

    `personal_data` is the policy of its collection; `marks` are its headings, lists, tables and running heads and
    feet, in order.
    """

    number: int
    label: str
    text: str
    file_type: FileType
    personal_data: Policy = Policy.OFF
    marks: tuple[Block, ...] = ()

    def place(self, start: int, end: int) -> str:
        """Return what people call characters [start, end): see `places.py`."""
        return place_of(self.file_type, self.number, self.label, self.text, start, end)


@dataclass(frozen=True, slots=True)
class NamedPages:
    """Some pages of revisions, by (revision id, page number)."""

    pages: Mapping[tuple[str, int], NamedPage] = field(default_factory=dict[tuple[str, int], NamedPage])

    @classmethod
    def unnamed(cls, texts: Mapping[tuple[str, int], str]) -> "NamedPages":
        """Make pages of which nothing but the number is known beside the text."""
        return cls({key: NamedPage(key[1], "", text, FileType.TEXT) for key, text in texts.items()})

    def texts(self) -> dict[tuple[str, int], str]:
        """Return the text of each."""
        return {key: page.text for key, page in self.pages.items()}

    def marks(self) -> dict[tuple[str, int], tuple[Block, ...]]:
        """Return the headings, lists, tables and running heads and feet of each, in order."""
        return {key: page.marks for key, page in self.pages.items()}

    def place(self, revision_id: str, number: int, start: int, end: int) -> str:
        """Return what people call a range of a page; "" where the page is not among these."""
        page = self.pages.get((revision_id, number))
        return "" if page is None else page.place(start, end)

    def stretch(self, chunk: Chunk) -> str:
        """Return what people call the place of a chunk, which may go on over pages; "" where a page is missing."""
        first = self.pages.get((chunk.revision_id, chunk.page))
        last = self.pages.get((chunk.revision_id, chunk.end_page))
        if first is None or last is None:
            return ""
        if first.number == last.number:
            return first.place(chunk.start, chunk.end)
        return spanning(first.place(chunk.start, len(first.text)), last.place(0, chunk.end))


@dataclass(frozen=True, slots=True)
class Later:
    """The revision that questions are answered from, where it is a later one, and how many pages it has."""

    revision: Revision
    pages: int


@dataclass(frozen=True, slots=True)
class PassageView:
    """A range of a page as shown to a reader: the page, where the range lies on it, and whose it is.

    `layout` has the boxes of the range for PDF, and is None for other formats. `pages` is how many the revision has.
    `superseded_by` is None where no later one answers.
    """

    document: Document
    revision: Revision
    page: Page
    pages: int
    start: int
    end: int
    layout: PageBoxes | None
    superseded_by: Later | None = None

    @property
    def same_bytes(self) -> bool:
        """Whether the later revision is the same file, which was read anew."""
        return self.superseded_by is not None and self.superseded_by.revision.sha256 == self.revision.sha256

    @property
    def place(self) -> str:
        """What people call the range."""
        page = self.page
        return place_of(self.revision.file_type, page.number, page.label, page.text, self.start, self.end)

    @property
    def quote(self) -> str:
        """The text of the range, verbatim."""
        return self.page.text[self.start : self.end]
