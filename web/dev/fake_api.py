"""A small stand-in for the HTTP API, to work on the web app alone: it reads real PDFs and makes its answers up.

Never part of the product. Run `.venv/bin/python web/dev/fake_api.py PDF...`, then open http://127.0.0.1:8790.
"""

import contextlib
import json
import mimetypes
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pypdfium2

STATIC = Path(__file__).resolve().parents[2] / "src" / "pincite" / "app" / "static"
NOW = "2026-11-20T09:00:00Z"
PDFIUM = threading.Lock()

NOTES = """Parental leave
Everybody who becomes a parent may take leave, whatever their contract.
What you can take
16 weeks at full pay for the birth parent
6 weeks at full pay for the other parent
Up to 12 more months without pay
Pay by length of service
Service | Weeks paid | Share of salary
under 1 year | 8 | 80 %
1 to 3 years | 12 | 100 %
over 3 years | 16 | 100 %
Tell your manager ten weeks before the leave begins. 👶 Later is possible when the child comes early.
"""


class World:
    """Everything that the fake knows."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = [Path(path) for path in paths]
        self.documents: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.events: dict[str, list[tuple[str, Any]]] = {}
        self.keys: list[dict[str, Any]] = []
        self.version = 1
        for number, path in enumerate(self.paths):
            with PDFIUM, contextlib.closing(pypdfium2.PdfDocument(path)) as pdf:
                self.add(f"d{number}", path.name, "pdf", path.stat().st_size, len(pdf))
        self.add("notes", "people/parental-leave.md", "markdown", len(NOTES), 2)
        self.add("rates", "finance/travel-rates.xlsx", "xlsx", 18_211, 4)
        self.add("broken", "archive/contract-signed.pdf", "pdf", 88_120, 12)
        problem = {
            "code": "unreadable-document",
            "message": "The PDF is encrypted and needs a password.",
            "remedy": "Save a copy without a password and add that.",
            "page": None,
        }
        self.documents["broken"] |= {"state": "failed", "problem": problem, "serving": False, "pages_done": 0}
        self.add("moving", "reports/annual-report-2026.pdf", "pdf", 9_411_022, 212)
        self.documents["moving"] |= {"state": "extracting", "pages_done": 37, "serving": False, "seconds": None}

    def add(self, key: str, source: str, kind: str, size: int, pages: int) -> dict[str, Any]:
        """Add a document that is ready."""
        self.version += 1
        self.documents[key] = {
            "id": key, "collection_id": "c1", "source": source, "file_type": kind, "size_bytes": size, "state": "ready",
            "pages_done": pages, "pages_total": pages, "chunks": pages * 3, "revision": key, "revision_number": 1,
            "serving": True, "seconds": round(0.06 * pages, 2), "problem": None, "created_at": NOW, "updated_at": NOW,
            "version": self.version,
        }  # fmt: skip
        return self.documents[key]

    def page_text(self, key: str, page: int) -> tuple[str, int, float, float]:
        """Return text, number of pages, width and height of a PDF page."""
        with PDFIUM, contextlib.closing(pypdfium2.PdfDocument(self.paths[int(key[1:])])) as pdf:
            text = pdf[page - 1].get_textpage().get_text_range()
            return text, len(pdf), *pdf[page - 1].get_size()

    def boxes(self, key: str, page: int, start: int, end: int) -> list[dict[str, float]]:
        """Return the boxes of a character range."""
        with PDFIUM, contextlib.closing(pypdfium2.PdfDocument(self.paths[int(key[1:])])) as pdf:
            textpage, height = pdf[page - 1].get_textpage(), pdf[page - 1].get_height()
            rects = [textpage.get_rect(i) for i in range(textpage.count_rects(start, end - start))]
            return [{"x0": x0, "y0": height - y1, "x1": x1, "y1": height - y0} for x0, y0, x1, y1 in rects]

    def span(self, key: str, page: int, pattern: str) -> dict[str, Any]:
        """Return the span of the first match of `pattern` on a page."""
        text = NOTES if key == "notes" else self.page_text(key, page)[0]
        found = re.search(pattern, text, re.S) or re.search(r"[A-Z][^.]{30,200}\.", text, re.S) or re.search(".+", text)
        assert found
        source = self.documents[key]["source"]
        start, end = found.span()
        return {"document": key, "revision": key, "source": source, "page": page, "start": start, "end": end,
                "quote": found.group()}  # fmt: skip


def write_answer(world: World, answer: dict[str, Any], pace_s: float) -> None:
    """Append the events of an answer, slowly."""
    log = world.events[answer["id"]]
    log.append(("answer.started", {k: answer[k] for k in ("id", "conversation", "question", "mode", "model")}))
    time.sleep(pace_s * 6)
    first, notes = world.span("d0", 2, r"[A-Z][^.\n]{40,}?\."), world.span("notes", 1, "Tell your manager.*?begins")
    third = world.span("d1", 3, r"[A-Z][^.\n]{40,}?\.")
    abstains = "moon" in answer["question"]
    passages = [{"n": n, **{k: s[k] for k in ("document", "revision", "source", "page")}, "end_page": s["page"],
                 "score": 0.9, "text": s["quote"]} for n, s in enumerate((first, notes, third), 1)]  # fmt: skip
    reading = ["reports/annual-report-2026.pdf"]
    log.append(("retrieval.completed", {"passages": passages, "reading": reading, "timings_ms": {"retrieve": 9.4}}))
    table = world.span("notes", 1, "over 3 years.*?100 %")
    sentences: list[tuple[str, str, list[Any]]] = [
        ("Parents may take leave whatever their contract, and the leave is **paid in full** for the first weeks.",
         "supported", [first]),
        ("The request goes to the manager ten weeks before the leave begins.", "supported", [notes]),
        ("After three years of service it is 16 weeks at 100 % of the salary.", "supported", [table, third]),
        ("Most teams agree on the dates sooner than that.", "unsupported", []),
        ("Unpaid leave can follow for up to two years.", "partial", [third]),
    ]  # fmt: skip
    joins = ["", " ", "\n\n- ", "\n- ", "\n\n"]
    for (sentence, verdict, spans), join in zip([] if abstains else sentences, joins, strict=False):
        answer["answer"] += join
        start = len(answer["answer"])
        for index, word in enumerate(re.findall(r"\S+\s*", sentence)):
            if answer.get("stop"):
                answer["state"] = "cancelled"
                log.append(("answer.failed", {"problem": {"code": "cancelled", "message": "Stopped.", "remedy": ""}}))
                return
            log.append(("answer.delta", {"text": (join if index == 0 else "") + word}))
            time.sleep(pace_s)
        answer["answer"] += sentence
        pin = {"claim": [start, len(answer["answer"])], "verdict": verdict, "score": 0.91, "spans": spans}
        answer["pins"].append(pin)
        log.append(("answer.pin", pin))
    answer |= {"state": "completed", "abstained": abstains,
               "timings_ms": {"rewrite": 1.2, "retrieve": 9.4, "write": 1804.0, "pin": 12.6, "total": 1827.2}}  # fmt: skip
    log.append(("answer.completed", answer))


def make_handler(world: World, pace_s: float) -> type[BaseHTTPRequestHandler]:
    """Return the handler for one world."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

        def reply(self, status: int, body: Any = None, kind: str = "application/json") -> None:
            data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def stream(self, log: list[tuple[str, Any]], ends: bool) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            at = int(self.headers.get("Last-Event-ID") or 0)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                while True:
                    for name, data in log[at:]:
                        at += 1
                        self.wfile.write(f"event: {name}\nid: {at}\ndata: {json.dumps(data)}\n\n".encode())
                        if ends and name in ("answer.completed", "answer.failed"):
                            return
                    self.wfile.write(b": ping\n\n")
                    self.wfile.flush()
                    time.sleep(0.03)

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            parts = url.path.strip("/").split("/")
            ask = {key: values[0] for key, values in parse_qs(url.query).items()}
            if parts[0] != "v1":
                return self.static(url.path)
            match parts[1:]:
                case ["session"]:
                    user = {"id": "u", "name": "Owner", "roles": ["owner"]}
                    ok = "signed_out=1" not in (self.headers.get("Cookie") or "")
                    self.reply(200, {"tenant": "t", "user": user}) if ok else self.reply(401, {"code": "unauthenticated"})
                case ["status"]:
                    self.reply(200, {"version": "0.1.0", "mode": "model", "model": "openai:gpt-5-mini", "first_run": False,
                                     "embedder": "static-best", "documents": len(world.documents)})  # fmt: skip
                case ["keys"]:
                    self.reply(200, {"items": world.keys, "next_cursor": None})
                case ["collections"]:
                    names = [("c1", "default"), ("c2", "contracts")]
                    items = [{"id": i, "name": n, "documents": 3, "created_at": NOW} for i, n in names]
                    self.reply(200, {"items": items, "next_cursor": None})
                case ["documents"]:
                    empty = "empty=1" in (self.headers.get("Cookie") or "")
                    items = [] if empty else list(world.documents.values())
                    self.reply(200, {"items": items, "next_cursor": None})
                case ["documents", "events"]:
                    self.stream(moving(world), False)
                case ["conversations"]:
                    self.reply(200, {"items": conversations(world), "next_cursor": None})
                case ["conversations", key]:
                    answers = [a | {"answer": a["answer"]} for a in world.answers.values() if a["conversation"] == key]
                    head = {"id": key, "title": key, "created_at": NOW, "updated_at": NOW, "turns": len(answers)}
                    self.reply(200, head | {"answers": answers})
                case ["answers", key, "events"]:
                    self.stream(world.events[key], True)
                case ["passages", key, "content"]:
                    self.reply(200, world.paths[int(key[1:])].read_bytes(), "application/pdf")
                case ["passages", key, page]:
                    self.reply(200, passage(world, key, int(page), ask))
                case _:
                    self.reply(404, {"title": "Not found", "detail": "There is no such thing.", "code": "not-found"})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path).path.strip("/").split("/")[1:]
            if parts == ["answers"]:
                asked = json.loads(body)
                key = f"a{len(world.answers) + 1}"
                conversation = asked.get("conversation") or f"k{key}"
                world.answers[key] = {
                    "id": key, "conversation": conversation, "question": asked["question"], "answer": "", "pins": [],
                    "abstained": False, "state": "running", "mode": "model", "model": "openai:gpt-5-mini",
                    "usage": {"input_tokens": 3120, "output_tokens": 184, "estimated": False}, "cost_usd": 0.0012,
                    "timings_ms": {}, "problem": None, "created_at": NOW,
                }  # fmt: skip
                world.events[key] = []
                threading.Thread(target=write_answer, args=(world, world.answers[key], pace_s), daemon=True).start()
                self.reply(202, {"id": key, "conversation": conversation, "events": f"/v1/answers/{key}/events"})
            elif parts == ["documents"]:
                source = re.search(rb'name="source"\r\n\r\n(.*?)\r\n', body)
                name = source.group(1).decode() if source else "file"
                if name.endswith(".exe"):
                    problem = {"title": "This kind of file cannot be read", "detail": f"{name} is a program.",
                               "remedy": "Add a document: PDF, Word, Excel, a web page.", "code": "unsupported-type"}  # fmt: skip
                    self.reply(415, problem)
                else:
                    document = world.add(name, name, name.rsplit(".", 1)[-1], len(body), 3)
                    self.reply(202, {"items": [document | {"outcome": "created"}]})
            elif parts == ["keys"]:
                key = {"id": str(len(world.keys)), "name": json.loads(body)["name"], "prefix": "pin_3kR9", "created_at": NOW}
                world.keys.append(key)
                self.reply(201, key | {"key": "pin_3kR9wQ0aZ7vT2mXc5Lr8Yb1N"})
            elif parts[-1] == "cancel":
                world.answers[parts[1]]["stop"] = True
                self.reply(202, {})
            else:
                self.reply(202, {"tenant": "t", "user": {"id": "u", "name": "Owner", "roles": ["owner"]}})

        def do_DELETE(self) -> None:
            parts = urlsplit(self.path).path.strip("/").split("/")
            world.documents.pop(parts[-1], None)
            self.reply(204)

        def static(self, path: str) -> None:
            file = (STATIC / path.lstrip("/")).resolve()
            if not file.is_file() or not file.is_relative_to(STATIC):
                file = STATIC / "index.html"
            kind = "text/javascript" if file.suffix == ".mjs" else mimetypes.guess_type(file.name)[0] or "text/plain"
            self.reply(200, file.read_bytes(), kind)

    return Handler


def conversations(world: World) -> list[dict[str, Any]]:
    """Return one row for each conversation."""
    titles: dict[str, str] = {}
    for answer in world.answers.values():
        titles.setdefault(answer["conversation"], answer["question"])
    old = [("o1", "Who signs contracts above 50,000 euros?", "2026-11-19T09:00:00Z"),
           ("o2", "Notice period during probation", "2026-11-16T09:00:00Z"),
           ("o3", "Which travel class on a flight of nine hours?", "2026-11-16T08:00:00Z")]  # fmt: skip
    rows = [(key, title, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())) for key, title in titles.items()]
    return [{"id": i, "title": t, "created_at": at, "updated_at": at, "turns": 1} for i, t, at in rows[::-1] + old]


def moving(world: World) -> list[tuple[str, Any]]:
    """Return the events of the document that is being read, as they would come."""
    document = world.documents["moving"]
    document["pages_done"] = min(212, document["pages_done"] + 25)
    document["version"] += 1
    return [("document.changed", dict(document))]


def passage(world: World, key: str, page: int, ask: dict[str, str]) -> dict[str, Any]:
    """Return a passage as the API gives it."""
    document = world.documents[key]
    start, end = int(ask.get("start", 0)), int(ask.get("end", 0))
    head = {"document": key, "revision": key, "source": document["source"], "file_type": document["file_type"]}
    if document["file_type"] == "pdf":
        text, pages, width, height = world.page_text(key, page)
        boxes = world.boxes(key, page, start, end) if end else []
        return head | {"page": page, "pages": pages, "label": str(page), "text": text, "blocks": [], "start": start,
                       "end": end, "quote": text[start:end], "width": width, "height": height, "boxes": boxes}  # fmt: skip
    cuts = [("heading", "Parental leave", 1), ("paragraph", "Everybody", 0), ("heading", "What you can take", 2),
            ("list", "16 weeks", 0), ("heading", "Pay by length", 2), ("table", "Service |", 0), ("paragraph", "Tell", 0)]  # fmt: skip
    starts = [NOTES.index(text) for _, text, _ in cuts] + [len(NOTES)]
    blocks = [{"kind": kind, "start": starts[n], "end": starts[n + 1] - 1, "level": level}
              for n, (kind, _, level) in enumerate(cuts)]  # fmt: skip
    return head | {"page": page, "pages": 2, "label": "Parental leave", "text": NOTES, "blocks": blocks, "start": start,
                   "end": end, "quote": NOTES[start:end], "width": None, "height": None, "boxes": []}  # fmt: skip


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 8790), make_handler(World(sys.argv[1:]), 0.05)).serve_forever()
