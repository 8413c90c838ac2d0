"""File names of every hostile spelling. Each carries the mark, so that what it made can be found wherever it lies."""

from collections.abc import Iterator

MARK = "EVIL"
_PARENTS = (
    "../",
    "..\\",
    "....//",
    "..././",
    "%2e%2e%2f",
    "..%c0%af",
    "..%252f",
    "\uff0e\uff0e/",
    "\u2024\u2024/",
    "./.././",
)
_ROOTS = ("/", "//", "\\", "\\\\server\\share\\", "C:\\", "c:/", "C:", "\\\\?\\C:\\", "\\\\.\\", "/tmp/",
          "file:///tmp/", "/proc/self/fd/", "/dev/shm/", "~/", "~root/", "$HOME/", "${HOME}/", "%TEMP%\\")  # fmt: skip
_DEVICES = ("CON", "NUL", "PRN", "AUX", "COM1", "LPT9", "CONIN$", "nul.txt", "/dev/null", "/dev/stdout")
_STREAMS = ("::$DATA", ":hidden", ":$I30:$INDEX_ALLOCATION")
_SHELL = ("; rm -rf .", "$(id)", "`id`", "| id", "&& id", "> out", "*", "?", "'", '"', "--version", "-rf",
          "%s%n", "{0}", "{{7*7}}", "${jndi:ldap://x}", "<script>alert(1)</script>", "javascript:alert(1)",
          "' OR 1=1 --", "=cmd|' /C'!A0", "%0d%0aSet-Cookie: a=b")  # fmt: skip
_MARKS = ("\u202e", "\u202d", "\u2066", "\u2067", "\u200e", "\u200f", "\u061c", "\u200b", "\u2060", "\ufeff", "\u00ad",
          "\u2028", "\u2029", "\x85", "\U000e0041", "\ufff9", "\x1b[31m", "\x07", "\x08", "\x7f", "\r\n",
          "\n", "\t", "\x00", "\ud800", "\udfff",
           "\ufdd0", "\U0010ffff", "e" + "\u0301" * 50, "\U0001f469\u200d\U0001f4bb")  # fmt: skip
_BARE = (
    "",
    ".",
    "..",
    "...",
    " ",
    "   ",
    "/",
    "\\",
    "//",
    "./",
    "../",
    "../..",
    "\x00",
    "\u202e",
    "\u200b",
    "\ufeff",
    "C:\\",
)


def hostile_names() -> Iterator[str]:
    """Yield each name once."""
    yield from dict.fromkeys(_all())


def _all() -> Iterator[str]:
    for parent in _PARENTS:
        for times in (1, 3, 12):
            yield f"{parent * times}{MARK}.md"
            yield f"a/{parent * times}tmp/{MARK}.md"
    yield from (f"{root}{MARK}.md" for root in _ROOTS)
    for device in _DEVICES:
        yield from (device, f"{device}.md", f"{MARK}/{device}")
    yield from (f"{MARK}.md{stream}" for stream in _STREAMS)
    for shell in _SHELL:
        yield from (f"{shell}{MARK}.md", f"{MARK}{shell}", f"-{MARK}{shell}.md")
    for mark in _MARKS:
        yield from (f"{MARK}{mark}dm.exe", f"{mark}{MARK}.md", f"a{mark}/..{mark}/{MARK}.md", f".{mark}./{MARK}.md")
    yield from _BARE
    yield from (f"{MARK}{'a' * 10_000}.md", f"{'a/' * 300}{MARK}.md", f"{'../' * 1000}{MARK}.md", f"{MARK}{'.' * 3000}",
                f"{'规' * 400}{MARK}.md", f"{MARK}{chr(0x1F600) * 300}.md", f"{MARK}.md.", f"{MARK}.md ", f" {MARK}.md",
                f".{MARK}", f".git/config/{MARK}", f"{MARK}/.htaccess", f".ssh/authorized_keys/{MARK}")  # fmt: skip
