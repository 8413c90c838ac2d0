"""Writes a document as one self-contained HTML page with its own style sheet.

No script and nothing fetched from elsewhere.
"""

from html import escape
from pathlib import Path

from handbook_writer.markup import Block, Bullets, Callout, Document, Grid, Heading, Paragraph, runs
from handbook_writer.palette import COMPANY, GREY, INK, LINE, MIST, SAND, TEAL

_STYLE = f"""
:root {{ color: #{INK}; background: #fff; font: 17px/1.6 "Source Sans 3", "Segoe UI", system-ui, sans-serif; }}
body {{ max-width: 46rem; margin: 0 auto; padding: 3rem 1.5rem 5rem; }}
h1 {{ color: #{TEAL}; font-size: 2.3rem; line-height: 1.15; margin: 0 0 .8rem; }}
h2 {{ color: #{TEAL}; margin: 2.6rem 0 .6rem; padding-top: 1.2rem; border-top: 1px solid #{LINE}; }}
h3 {{ margin: 1.6rem 0 .3rem; }}
.facts {{ color: #{GREY}; font-size: .92rem; }}
.facts b {{ color: #{INK}; font-weight: 600; }}
aside {{ background: #{MIST}; border-left: 4px solid #{SAND}; padding: .7rem 1rem; margin: 1.2rem 0; }}
table {{ border-collapse: collapse; width: 100%; margin: 1.2rem 0; font-size: .95rem; }}
th {{ background: #{TEAL}; color: #fff; text-align: left; }}
th, td {{ padding: .5rem .7rem; vertical-align: top; border-bottom: 1px solid #{LINE}; }}
tr:nth-child(even) td {{ background: #{MIST}; }}
li {{ margin: .25rem 0; }}
""".strip()


def write_html(document: Document, _source: Path, target: Path) -> None:
    facts = "<br>\n".join(f"<b>{escape(key)}:</b> {escape(value)}" for key, value in document.facts)
    body = "\n".join(_render(block) for block in document.blocks)
    page = f"""<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="author" content="{COMPANY}">
<title>{escape(document.title)}</title>
<style>
{_STYLE}
</style>
</head>
<body>
<main>
<h1>{escape(document.title)}</h1>
<p class="facts">{facts}</p>
{body}
</main>
</body>
</html>
"""
    target.write_bytes(page.encode())


def _inline(text: str) -> str:
    return "".join(f"<strong>{escape(piece)}</strong>" if bold else escape(piece) for piece, bold in runs(text))


def _render(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{_inline(text)}</p>"
        case Callout(text):
            return f"<aside><p>{_inline(text)}</p></aside>"
        case Bullets(items, ordered):
            tag = "ol" if ordered else "ul"
            return "\n".join([f"<{tag}>", *(f"<li>{_inline(item)}</li>" for item in items), f"</{tag}>"])
        case Grid(rows, _):
            head = "".join(f"<th>{_inline(cell)}</th>" for cell in rows[0])
            lines = ["<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:]]
            return "\n".join(["<table>", f"<thead><tr>{head}</tr></thead>", "<tbody>", *lines, "</tbody>", "</table>"])
        case _:
            return ""
