"""Watches a real browser for anything that hostile text made it do: requests, scripts, dialogs, windows, foreign nodes.

What the text is, is in `spellings.py`. That the watch sees what it is there for is tested beside what it is used for.
"""

import re
import socket
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote

from playwright.sync_api import BrowserContext, Dialog, Page, Request
from tests.adversary.spellings import HOST

# Runs in every page before its own scripts: tells of what the policy stopped, and of a script that reached its aim.
_SPY = """
addEventListener("securitypolicyviolation", (e) => saw(`policy ${e.effectiveDirective} ${e.blockedURI} ${e.sample}`));
for (const name of ["canary", "CANARY"]) {
  const told = () => saw("script " + name);
  Object.defineProperty(window, name, { get: () => (told(), told), set: told });
}
"""
# Nodes that the app itself makes of text have none of these.
_FOREIGN = """
() => {
  const never = "iframe, frame, object, embed, base, math, video, audio, source, picture, template, marquee, " +
    "body style, body link, body meta, body script:not([type=module]), a[ping], [srcset], [formaction], [background]";
  const found = [...document.querySelectorAll(never)].map((node) => node.outerHTML);
  const addresses = ["href", "src", "action", "style", "poster", "data", "xlink:href"];
  const own = (value) => /^(#|[/](?![/])|blob:|$)/.test(value.replace(location.origin + "/", "/"));
  for (const node of document.querySelectorAll("*"))
    for (const { name, value } of node.attributes) {
      const leads = addresses.includes(name) && (/canary/i.test(value) || (name !== "style" && !own(value)));
      if (leads || name.toLowerCase().startsWith("on")) found.push(`${node.tagName} ${name}=${value}`);
    }
  return found;
}
"""
_WORDS = """
() => [document.body.textContent, ...[...document.querySelectorAll("[title], [aria-label]")].map(
  (node) => `${node.title} ${node.ariaLabel}`)].join(" ")
"""
_OWN_LINK = "A href=/v1/passages/"
_ID = re.compile(r"q\d{3}[a-p]")


def holds_canary(url: str) -> bool:
    """Say whether an address holds the canary, however it is written."""
    for _ in range(3):
        url = unquote(url)
    folded = unicodedata.normalize("NFKC", url).lower()
    return "canary" in re.sub(r"[^a-z]", "", folded)


@contextmanager
def outside_world() -> Iterator[tuple[int, list[bytes]]]:
    """Listen where the browser is told that `canary.test` is; yields the port and what was sent there."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        connection.settimeout(0.5)
                        heard.append(connection.recv(2000))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield listener.getsockname()[1], heard
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def resolver_rules(port: int) -> str:
    """Return the browser's flag that sends what is for the canary's hosts to the listener."""
    return f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{port}, MAP *.{HOST} 127.0.0.1:{port}"


@dataclass
class Watch:
    """What was seen in a browser window that shows hostile text.

    Args:
        own: the address of the server under test.
        faults: what should not have been, in words.
        seen: the ids of the spellings that were on the page.
        addressed: whether the test itself went to an address with hostile text in it.
    """

    own: str
    faults: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    addressed: bool = False

    def start(self, context: BrowserContext, page: Page) -> None:
        """Look at everything that happens in the window from here on."""
        context.expose_binding("saw", lambda _source, what: self.faults.append(str(what)))
        context.add_init_script(_SPY)
        context.on("request", self._request)
        context.on("page", lambda opened: self.faults.append(f"window {opened.url}"))
        page.on("dialog", self._dialog)
        page.on("download", lambda download: self.faults.append(f"download {download.url}"))

    def look(self, page: Page) -> None:
        """Note which spellings the page shows, and every node that the app would not make."""
        self.seen |= set(_ID.findall(page.evaluate(_WORDS)))
        # A link to the document that the address names is the app's own, whatever the address names.
        nodes = [each for each in page.evaluate(_FOREIGN) if not (self.addressed and each.startswith(_OWN_LINK))]
        self.faults += [f"node {each[:200]}" for each in nodes]
        if not page.url.startswith(f"{self.own}/"):
            self.faults.append(f"left for {page.url}")

    def _request(self, request: Request) -> None:
        mine = request.url.startswith(f"{self.own}/")
        asked = self.addressed and request.resource_type in {"document", "fetch", "xhr"}
        if not mine or (holds_canary(request.url) and not asked):
            self.faults.append(f"request {request.resource_type} {request.url[:200]}")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog {dialog.message}")
        dialog.dismiss()
