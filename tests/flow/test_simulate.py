"""`pincite simulate` as a process: what it answers, each fault, what it charges, and how it is told."""

import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.flow.simulated import CHAT, Simulated, simulated
from tests.forked import pincite

from pincite.app.simulation.behaviour import FAULTS

STREAM: dict[str, Any] = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
MESSAGES: dict[str, Any] = {**CHAT, "max_tokens": 100}
REPLY = "The ferry leaves at nine, and a letter that is long: ø."
# What differs from one answer to the next, and is as long in each.
NAMED = re.compile(rb"sim-[0-9a-f]{32}|created\": \d+")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with simulated(tmp_path_factory.mktemp("simulated"), "--latency", "0", "--rate", "0") as started:
        yield started


@pytest.fixture
def provider(running: Simulated) -> Simulated:
    running.tell(reply=REPLY)
    return running


def test_it_says_where_it_is_and_how_to_point_pincite_at_it(running: Simulated) -> None:
    said = running.process.stdout
    for told in (
        f"PINCITE_MODEL=openai:simulated PINCITE_MODEL_BASE_URL={running.url}/v1 PINCITE_MODEL_API_KEY=simulated",
        f"PINCITE_MODEL=anthropic:simulated PINCITE_MODEL_BASE_URL={running.url} PINCITE_MODEL_API_KEY=simulated",
    ):
        assert told in said


def test_only_loopback_is_listened_on_and_other_names_are_not_answered_to(running: Simulated) -> None:
    others = {str(each[4][0]) for each in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for host in others - {"127.0.0.1"}:
        with pytest.raises(OSError, match="refused"), socket.create_connection((host, running.port), timeout=2):
            pass
    for host, status in (("localhost", 200), ("evil.example", 400), (f"evil.example:{running.port}", 400)):
        assert httpx2.get(f"{running.url}/v1/models", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--port", "70000"], "65535"),
        (["--latency", "-1"], "latency_s"),
        (["--rate", "-3"], "tokens_per_s"),
        (["--fault", "fire"], "there is no fault 'fire'"),
        (["--fault", "status=429,share=2"], "share"),
        (["--behaviour", "/nowhere.json"], "/nowhere.json cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, options: list[str], said: str) -> None:
    done = pincite(["simulate", "--port", "0", *options], {"HOME": str(tmp_path)})
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(running: Simulated, tmp_path: Path) -> None:
    done = pincite(["simulate", "--port", str(running.port)], {"HOME": str(tmp_path)})
    assert done.returncode == 5
    assert f"127.0.0.1:{running.port}" in done.stderr
    assert "choose another with --port" in done.stderr


def test_a_file_says_what_is_done_and_an_interrupt_ends_it(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    told.write_text(json.dumps({"reply": "From the file.", "faults": [{"kind": "status", "value": 503, "first": 1}]}))
    with simulated(tmp_path, "--behaviour", str(told)) as started:
        assert started.ask().status_code == 503
        assert started.ask().json()["choices"][0]["message"]["content"] == "From the file."
        started.tell({"kind": "hang"})
        hung = threading.Thread(target=started.ask)
        hung.start()
        time.sleep(0.3)
        began = time.monotonic()
        os.kill(started.process.pid, signal.SIGINT)
        assert started.process.wait(10) == 130
        assert time.monotonic() - began < 5, "one who hangs does not hold up the end"
        hung.join(10)


def test_the_behaviour_is_shown_changed_and_refused(running: Simulated) -> None:
    running.tell({"kind": "status", "value": 429, "share": 0.5}, latency_s=0.5)
    url = f"{running.url}/simulation/behaviour"
    shown = httpx2.get(url).json()
    assert (shown["latency_s"], shown["faults"][0]["share"], shown["keys"]) == (0.5, 0.5, None)
    for content, said in (
        (b"{", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"\xff", "is no JSON"),
        (b'{"fautls": []}', "fautls"),
        (b"[1]", "cannot be used"),
        (b'{"reply": "' + b"x" * (1 << 20) + b'"}', "longer than a megabyte"),
    ):
        response = httpx2.put(url, content=content)
        assert response.status_code == 400
        assert said in response.json()["title"]
        assert response.json()["remedy"]
        assert httpx2.get(url).json() == shown


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize("n", [0, 1, 2, 15, 64, 127, 128, 129, 300, 555, 1000])
def test_a_connection_is_dropped_at_the_byte(provider: Simulated, path: str, n: int) -> None:
    body = {**MESSAGES, "stream": True}
    _, whole = provider.raw(path, body, f"whole {path}")
    provider.tell({"kind": "drop", "value": n}, reply=REPLY)
    head, came = provider.raw(path, body, f"drop {path} {n}")
    assert head.startswith(b"HTTP/1.1 200")
    assert len(came) == n < len(whole)
    named = {at for found in NAMED.finditer(whole) for at in range(*found.span())}
    assert all(came[at] == whole[at] for at in range(n) if at not in named)
    record = provider.record(f"drop {path} {n}")
    assert (record["state"], record["reported"], record["faults"]) == ("cut", None, ["drop"])
    assert record["input_tokens"] > 0
    assert record["output_tokens"] < len(REPLY) // 4


@pytest.mark.parametrize("n", [0, 1, 50, 200])
def test_so_is_an_answer_whose_length_was_named(provider: Simulated, n: int) -> None:
    _, whole = provider.raw("/v1/chat/completions", CHAT, "whole")
    provider.tell({"kind": "drop", "value": n}, reply=REPLY)
    head, came = provider.raw("/v1/chat/completions", CHAT, f"named {n}")
    assert f"content-length: {len(whole)}".encode() in head.lower()
    assert len(came) == n < len(whole)
    assert provider.record(f"named {n}")["output_tokens"] == len(REPLY) // 4, "all of it was written before"


def test_what_is_shorter_stays_whole(provider: Simulated) -> None:
    provider.tell({"kind": "drop", "value": 100_000}, reply=REPLY)
    assert provider.raw("/v1/chat/completions", STREAM, "short")[1].endswith(b"data: [DONE]\n\n")
    assert provider.record("short")["state"] == "done"


def test_a_client_sees_that_the_connection_broke(provider: Simulated) -> None:
    provider.tell({"kind": "drop", "value": 200}, reply=REPLY)
    for body in (STREAM, CHAT):
        with pytest.raises(httpx2.RemoteProtocolError):
            provider.ask(**body)


@pytest.mark.parametrize("status", [400, 429, 500, 503, 529])
def test_a_status_comes_in_each_protocols_words(provider: Simulated, status: int) -> None:
    provider.tell({"kind": "status", "value": status, "retry_after_s": 7})
    openai = provider.ask(headers={"X-Client-Request-Id": f"refused {status}"})
    anthropic = provider.ask("/v1/messages", max_tokens=9)
    assert (openai.status_code, anthropic.status_code) == (status, status)
    assert openai.json()["error"]["message"]
    assert anthropic.json()["type"] == "error"
    for response in (openai, anthropic):
        assert response.headers["retry-after"] == "7"
    limits = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-tokens": "7s"}
    assert (limits.items() <= dict(openai.headers).items()) == (status == 429)
    assert ("anthropic-ratelimit-requests-reset" in anthropic.headers) == (status == 429)
    record = provider.record(f"refused {status}")
    assert (record["state"], record["status"]) == ("refused", status)
    assert (record["input_tokens"], record["output_tokens"], record["reported"]) == (0, 0, None)


def test_one_that_hangs_costs_what_it_was_sent(provider: Simulated) -> None:
    provider.tell({"kind": "hang"})
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(
            f"{provider.url}/v1/chat/completions", json=CHAT, headers={"X-Client-Request-Id": "hung"}, timeout=0.5
        )
    record = provider.record("hung")
    assert (record["state"], record["status"], record["output_tokens"]) == ("cut", None, 0)
    assert record["input_tokens"] > 0


def test_a_drip_is_one_byte_at_a_time(provider: Simulated) -> None:
    provider.tell({"kind": "drip", "value": 0.02}, reply="Hm.")
    sizes: list[int] = []
    began = time.monotonic()
    with httpx2.stream("POST", f"{provider.url}/v1/messages", json={**MESSAGES, "stream": True}) as response:
        for part in response.iter_raw():
            sizes.append(len(part))
            if len(sizes) == 20:
                break
    assert time.monotonic() - began >= 0.4
    assert sum(sizes) < 40


def test_broken_json_comes_after_so_many_pieces(provider: Simulated) -> None:
    provider.tell({"kind": "malformed", "value": 2}, reply="one two three")
    lines = [line for line in provider.ask(**STREAM).text.splitlines() if line]
    bad = [at for at, line in enumerate(lines) if line == "data: {broken"]
    assert bad
    assert bad[0] == 3, "the role and two pieces come before"
    with pytest.raises(ValueError, match=r"."):
        provider.ask().json()
    assert "data: {broken" in provider.ask("/v1/messages", max_tokens=99, stream=True).text


def test_a_text_breaks_off_after_so_many_pieces(provider: Simulated) -> None:
    provider.tell({"kind": "break", "value": 3}, reply="one two three")
    _, came = provider.raw("/v1/chat/completions", STREAM, "broke")
    said = [json.loads(line[6:])["choices"][0]["delta"]["content"] for line in came.decode().splitlines() if line]
    assert "".join(said) == "one two"
    assert provider.record("broke")["state"] == "cut"
    assert provider.record("broke")["output_tokens"] == 1
    head, came = provider.raw("/v1/chat/completions", CHAT, "broke whole")
    assert (head[:12], came) == (b"HTTP/1.1 200", b""), "no error of the server's own in its place"
    assert provider.record("broke whole")["state"] == "cut"


def usage_of(provider: Simulated, name: str) -> list[Any]:
    headers = {"X-Client-Request-Id": name}
    whole = provider.ask(headers=headers).json().get("usage")
    events = [json.loads(line[6:]) for line in provider.ask(**STREAM).text.splitlines() if line.startswith("data: {")]
    streamed = [each["usage"] for each in events if each.get("usage")]
    message = provider.ask("/v1/messages", max_tokens=99).json().get("usage")
    return [whole, *(streamed or [None]), message]


def test_usage_is_right_wrong_or_not_there_and_the_log_knows_both(provider: Simulated) -> None:
    right, streamed, message = usage_of(provider, "right")
    record = provider.record("right")
    charged = {"input_tokens": record["input_tokens"], "output_tokens": record["output_tokens"]}
    assert right == streamed
    assert right["completion_tokens"] == len(REPLY) // 4 == charged["output_tokens"]
    assert message == charged == record["reported"]
    provider.tell({"kind": "usage", "value": 3}, reply=REPLY)
    wrong = usage_of(provider, "wrong")
    assert wrong[0]["completion_tokens"] == wrong[2]["output_tokens"] == 3 * charged["output_tokens"]
    record = provider.record("wrong")
    assert record["output_tokens"] == charged["output_tokens"]
    assert record["reported"]["output_tokens"] == 3 * charged["output_tokens"]
    provider.tell({"kind": "no-usage"}, reply=REPLY)
    assert usage_of(provider, "none") == [None, None, None]
    assert provider.record("none")["reported"] is None
    assert provider.record("none")["output_tokens"] == charged["output_tokens"]


def test_usage_of_a_stream_is_told_to_who_asks_for_it(provider: Simulated) -> None:
    said = provider.ask(headers={"X-Client-Request-Id": "unasked"}, stream=True).text
    assert "usage" not in said
    assert provider.record("unasked")["reported"] is None
    assert provider.record("unasked")["output_tokens"] > 0


def test_an_end_without_a_reason(provider: Simulated) -> None:
    provider.tell({"kind": "no-finish"}, reply=REPLY)
    said = provider.ask(**STREAM).text
    assert '"finish_reason": null' in said
    assert '"finish_reason": "stop"' not in said
    assert "[DONE]" not in said
    assert provider.ask().json()["choices"][0]["finish_reason"] is None
    assert "message_stop" not in provider.ask("/v1/messages", max_tokens=99, stream=True).text
    assert provider.ask("/v1/messages", max_tokens=99).json()["stop_reason"] is None


def test_far_more_than_was_asked_for(provider: Simulated) -> None:
    provider.tell({"kind": "long", "value": 30}, reply=REPLY)
    text = provider.ask(max_tokens=50).json()["choices"][0]["message"]["content"]
    assert len(text) == 30 * 50 * 4


def test_a_web_page(provider: Simulated) -> None:
    provider.tell({"kind": "html"})
    for path in ("/v1/chat/completions", "/v1/messages", "/v1/embeddings"):
        response = provider.ask(path, headers={"X-Client-Request-Id": "page"})
        assert (response.status_code, response.headers["content-type"]) == (200, "text/html")
        assert provider.record("page")["input_tokens"] == 0


def test_a_text_comes_after_the_latency_and_at_its_rate(provider: Simulated) -> None:
    provider.tell(reply="word " * 40, latency_s=0.4, tokens_per_s=100)
    began = time.monotonic()
    times: list[float] = []
    with httpx2.stream("POST", f"{provider.url}/v1/chat/completions", json=STREAM) as response:
        times.extend(time.monotonic() - began for _ in response.iter_lines())
    assert 0.4 <= times[0] < 0.9 <= times[-1] < 2, "50 tokens at 100 a second"
    provider.tell(reply="word " * 40, tokens_per_s=100)
    began = time.monotonic()
    provider.ask()
    assert time.monotonic() - began >= 0.5


def test_who_leaves_amid_an_answer_pays_for_what_was_written(provider: Simulated) -> None:
    provider.tell(reply="word " * 400, tokens_per_s=100)
    provider.raw("/v1/chat/completions", STREAM, "left", until_bytes=6_000)
    record = provider.record("left")
    assert record["state"] == "cut"
    assert 1 <= record["output_tokens"] < 300
    headers = {"X-Client-Request-Id": "left whole"}
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(f"{provider.url}/v1/chat/completions", json=CHAT, headers=headers, timeout=0.5)
    whole = provider.record("left whole")
    assert (whole["state"], whole["status"], whole["reported"]) == ("cut", None, None)
    assert 10 <= whole["output_tokens"] < 300


def test_one_that_runs_is_seen_running(provider: Simulated) -> None:
    provider.tell(reply="word " * 100, tokens_per_s=100)
    asking = threading.Thread(target=lambda: provider.ask(headers={"X-Client-Request-Id": "runs"}))
    asking.start()
    time.sleep(0.5)
    record = provider.record("runs", ended=False)
    assert (record["state"], record["ended_at"]) == ("running", None)
    running = httpx2.get(f"{provider.url}/simulation/requests", params={"state": "running"}).json()["items"]
    assert [each["client_request_id"] for each in running] == ["runs"]
    asking.join(20)
    done = provider.record("runs")
    assert done["state"] == "done"
    assert done["output_tokens"] == 125 > record["output_tokens"]
    assert done["began_at"] < done["first_byte_at"] <= done["ended_at"]


def test_the_log_is_listed_newest_first_in_pages(provider: Simulated) -> None:
    for number in range(5):
        provider.ask(headers={"X-Client-Request-Id": f"page {number}"})
    url = f"{provider.url}/simulation/requests"
    first = httpx2.get(url, params={"limit": 3}).json()
    assert [each["client_request_id"] for each in first["items"]] == ["page 4", "page 3", "page 2"]
    second = httpx2.get(url, params={"limit": 2, "before": first["next_before"]}).json()
    assert [each["client_request_id"] for each in second["items"]] == ["page 1", "page 0"]
    named = httpx2.get(url, params={"client_request_id": "page 3"}).json()
    assert [each["client_request_id"] for each in named["items"]] == ["page 3"]
    by_id = httpx2.get(f"{url}/{named['items'][0]['id']}").json()
    assert by_id == named["items"][0]
    for wrong in ({"limit": "0"}, {"limit": "²"}, {"state": "gone"}, {"before": "nobody"}):
        response = httpx2.get(url, params=wrong)
        assert response.status_code == 400
        assert response.json()["remedy"]
    assert httpx2.get(f"{url}/nobody").status_code == 404


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/v1/chat/completions", b"{"),
        ("/v1/chat/completions", b"[" * 50_000),
        ("/v1/chat/completions", b"[]"),
        ("/v1/chat/completions", b'{"model": "m"}'),
        ("/v1/chat/completions", b'{"model": "m", "messages": []}'),
        ("/v1/chat/completions", b'{"model": "m", "messages": ["x"]}'),
        ("/v1/chat/completions", b'{"model": 3, "messages": [{}]}'),
        (
            "/v1/chat/completions",
            b'{"model": "m", "messages": [{}], "tools": [{"parameters": {"enum": 1}}], "tool_choice": "required"}',
        ),
        ("/v1/messages", b'{"model": "m", "messages": [{}]}'),
        ("/v1/embeddings", b'{"model": "m", "input": ["a", " "]}'),
        ("/v1/embeddings", b'{"model": "m", "input": [3]}'),
        ("/v1/rerank", b'{"model": "m", "query": "q"}'),
        ("/v1/rerank", b'{"model": "m", "query": "q", "documents": [3]}'),
        ("/v1/moderations", b'{"model": "m"}'),
    ],
)
def test_what_no_provider_could_answer_is_refused(provider: Simulated, path: str, content: bytes) -> None:
    response = httpx2.post(f"{provider.url}{path}", content=content)
    assert response.status_code == 400
    assert response.json()["error"]["message"]
    newest = httpx2.get(f"{provider.url}/simulation/requests", params={"limit": 1}).json()["items"][0]
    assert (newest["state"], newest["input_tokens"]) == ("refused", 0)


def test_keys_and_models_are_any_or_those_that_are_named(provider: Simulated) -> None:
    assert provider.ask().status_code == 200
    provider.tell(keys=["k"], models=["m"])
    assert provider.ask().status_code == 401
    assert provider.ask(headers={"Authorization": "Bearer k"}).status_code == 200
    assert provider.ask("/v1/messages", headers={"X-Api-Key": "k"}, max_tokens=9).status_code == 200
    assert provider.ask(headers={"Authorization": "Bearer k"}, model="n").status_code == 404
    assert [each["id"] for each in httpx2.get(f"{provider.url}/v1/models").json()["data"]] == ["m"]
    assert [each["name"] for each in httpx2.get(f"{provider.url}/api/tags").json()["models"]] == ["m"]


def test_its_help_names_every_fault() -> None:
    said = pincite(["simulate", "--help"], {"COLUMNS": "200"}).stdout
    assert [kind for kind in FAULTS if kind not in said] == []
