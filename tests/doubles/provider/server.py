"""The simulated provider of `pincite simulate` in a thread, told what to do through a `Behaviour` that tests change."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pincite.app.simulation import Asked, Refusal, Simulation, Told, bind_loopback, refusal_of
from pincite.app.simulation.log import RequestLog, State


@dataclass(slots=True)
class Behaviour:
    """What the provider does; tests change it while it runs. Its names are those of `Told` but for these.

    Args:
        replies: the text by model, before `reply`.
        first_delay_s: wait before the first byte.
        piece_delay_s: wait before each piece.
        fail_times: answer this many requests with `status` first.
        status: status of a failure.
        retry_after_s: sent with a failure.
        headers: sent with every answer, and with a failure.
        html: answer 200 with a web page.
        keys: accepted, besides the one that clients of Ollama send.
        usage: report so many times the usage; None for no report.
        hang: accept and never answer.
        drip_s: wait before each byte.
        script: says what to do with a chat, in place of all this.
    """

    reply: str | None = None
    replies: dict[str, str] = field(default_factory=dict)
    first_delay_s: float = 0.0
    piece_delay_s: float = 0.0
    piece_chars: int = 4
    block_chars: int = 0
    fail_times: int = 0
    status: int = 500
    retry_after_s: int | None = None
    drop_at_byte: int | None = None
    stall_at_byte: int | None = None
    garble_at_byte: int | None = None
    drop_after: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    no_finish: bool = False
    finish: str = "stop"
    malformed_after: int | None = None
    html: bool = False
    vectors: Any = None
    before: tuple[bytes, ...] = ()
    after: tuple[bytes, ...] = ()
    raw: tuple[bytes, ...] | None = None
    usage: float | None = 1.0
    hang: bool = False
    drip_s: float = 0.0
    script: "Callable[[dict[str, Any]], Behaviour] | None" = None
    flags: dict[str, str] = field(default_factory=dict)
    keeps_prompts: bool = False
    keys: frozenset[str] = frozenset({"good-key"})
    models: frozenset[str] = frozenset(
        {"test-model", "text-embedding-3-small", "gpt-5-mini", "claude-haiku-4-5"}
        | {"rerank-v4", "jina-reranker-v3", "omni-moderation-latest"}
    )

    def decide(self, asked: Asked) -> Told:
        """Return what is done with a request."""
        refusal = None if self.html else refusal_of(asked, self.keys | {"ollama"}, self.models)
        if refusal is None and not self.html and self.fail_times > 0:
            self.fail_times -= 1
            refusal = Refusal(self.status, "told to fail", "failed", self.retry_after_s, self.headers)
        scripted = self.script is not None and "messages" in asked.body and refusal is None and not self.html
        told = self.script(dict(asked.body)) if scripted and self.script is not None else self
        return told._told(asked, refusal)

    def _told(self, asked: Asked, refusal: Refusal | None) -> Told:
        return Told(
            reply=self.replies.get(asked.model) or self.reply,
            latency_s=self.first_delay_s,
            piece_s=self.piece_delay_s,
            piece_chars=self.piece_chars,
            block_chars=self.block_chars,
            refusal=refusal,
            page=self.html,
            drop_at_byte=self.drop_at_byte,
            stall_at_byte=self.stall_at_byte,
            garble_at_byte=self.garble_at_byte,
            drop_after=self.drop_after,
            malformed_after=self.malformed_after,
            finish=self.finish,
            no_finish=self.no_finish,
            keeps_limit=False,
            headers=self.headers,
            usage=self.usage,
            hang=self.hang,
            drip_s=self.drip_s,
            vectors=self.vectors,
            flags=self.flags,
            keeps_prompts=self.keeps_prompts,
            before=self.before,
            after=self.after,
            raw=self.raw,
        )


@dataclass(slots=True)
class Provider:
    """The running double: where it is, what it does, what it was asked and what it charged."""

    url: str
    behaviour: Behaviour = field(default_factory=Behaviour)
    requests: list[dict[str, Any]] = field(default_factory=list)
    log: RequestLog = field(default_factory=RequestLog)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that it lists."""
        return tuple(sorted(self.behaviour.models))

    @property
    def closed_early(self) -> int:
        """How many answers were broken off, by whichever side."""
        return sum(each.state is State.CUT for each in self.log.newest())

    def decide(self, asked: Asked) -> Told:
        """Return what is done with a request, and keep it."""
        self.requests.append(dict(asked.body))
        return self.behaviour.decide(asked)


@contextlib.contextmanager
def serve() -> Iterator[Provider]:
    """Run the double on a free loopback port."""
    listener = bind_loopback(0)
    provider = Provider(f"http://127.0.0.1:{listener.getsockname()[1]}")
    server = Simulation(provider, provider.log).server()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until = time.monotonic() + 10
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
