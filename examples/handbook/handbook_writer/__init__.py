"""Turns the handbook's source texts into PDF, DOCX, XLSX, PPTX, HTML and Markdown files.

The words live in `../source/`; nothing here knows what any document says.
"""

from handbook_writer.build import write_corpus

__all__ = ["write_corpus"]
