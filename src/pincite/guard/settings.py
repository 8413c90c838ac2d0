"""Limits of reading a document; `app` fills them in.

Only values live here; what enforces them is `sandbox.py` (from outside) and `confine.py` (from inside).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """What one document may cost.

    Args:
        max_pages: most pages or sections.
        max_text_chars: most characters of text over all pages.
        max_unpacked_mb: most bytes that the members of a zip container (DOCX, EPUB, ...) may unpack to.
        time_limit_s: longest time that the parser may work on one document.
        batch_time_limit_s: longest time without a result (pages, a rendered image) from the parser.
        memory_limit_mb: address space of one parsing process.
        children: parsing processes that read documents at once.
        viewers: parsing processes that sniff types, find boxes and draw pages.
        jobs_per_child: a process is replaced after this many documents.
        idle_s: a process without work ends after this long.
    """

    max_pages: int = 20_000
    max_text_chars: int = 100_000_000
    max_unpacked_mb: int = 512
    time_limit_s: float = 300.0
    batch_time_limit_s: float = 60.0
    memory_limit_mb: int = 1024
    children: int = 2
    viewers: int = 2
    jobs_per_child: int = 200
    idle_s: float = 60.0
