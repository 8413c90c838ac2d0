"""What the matrix and the audit's test send to the routes of OpenAI's protocol."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

ASSISTANT = "pincite/default"


def bodies(question: str) -> Mapping[str, dict[str, Any]]:
    """Return a body for each route that takes one."""
    return {
        "POST /v1/chat/completions": {"model": ASSISTANT, "messages": [{"role": "user", "content": question}]},
        "POST /v1/responses": {"model": ASSISTANT, "input": question},
        "POST /v1/embeddings": {"model": "pincite-static-256-v1", "input": question},
    }


def named(question: str) -> Mapping[str, Sequence[tuple[str | None, Callable[[str], dict[str, Any]]]]]:
    """Return what the routes are asked about a thing that they name in their body, and about none."""
    plain = {name: [(None, lambda _, body=body: {"json": body})] for name, body in bodies(question).items()}
    going_on = {"model": ASSISTANT, "input": question}
    before = ("answer_id", lambda key: {"json": {**going_on, "previous_response_id": key}})
    return {**plain, "POST /v1/responses": [*plain["POST /v1/responses"], before]}


def answering(question: str) -> Mapping[str, dict[str, Any]]:
    """Return what the routes are sent whose replies hold what the asker sees."""
    return {name: {"json": body} for name, body in bodies(question).items() if body["model"] == ASSISTANT}
