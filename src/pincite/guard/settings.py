"""Limits of reading a document; `app` fills them in.

Only values live here; what enforces them is `sandbox.py` (from outside) and `confine.py` (from inside).
"""

from dataclasses import dataclass
from importlib.util import find_spec


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
        ocr: whether PDF pages without text are read by OCR; the extra has to be installed, and a process needs
            `OCR_MEMORY_MB` for it.
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
    ocr: bool = False


OCR_MEMORY_MB = 2048
"""Address space that a parsing process needs at least to read pictures; 1.3 GB were measured."""


def ocr_is_installed() -> bool:
    """Whether the extra `ocr` is there; nothing is imported."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None
