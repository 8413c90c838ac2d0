"""What is said of an address at which there is nothing: what whoever asked for it may have meant. Pure."""

from pincite.core import NotFound

EVERYWHERE = "/{path:path}"
"""The route of the web app, which is there for whatever no other route is."""
BASELESS = ("/chat/completions", "/embeddings", "/models", "/responses")
"""Of OpenAI's protocol, where a client was given an address without `/v1`."""
UNSPOKEN = tuple(
    f"/v1/{each}"
    for each in (
        *("audio", "completions", "containers", "files", "fine_tuning", "images"),
        *("moderations", "realtime", "threads", "uploads", "vector_stores", "videos"),
    )
)
"""Of OpenAI's protocol, what is not spoken here, and has no route of ours in its place."""


def is_below(path: str, places: tuple[str, ...]) -> bool:
    """Say whether a path is one of some, or below one of them."""
    return path in places or path.startswith(tuple(f"{each}/" for each in places))


def nothing_at(path: str) -> NotFound:
    """Return the error for an address at which there is nothing."""
    if is_below(path, BASELESS):
        return NotFound(
            "OpenAI's protocol is spoken below `/v1`.",
            remedy="Let the base URL that your client is given end with `/v1`.",
        )
    if is_below(path, UNSPOKEN):
        said = "This part of OpenAI's protocol is not spoken here."
        return NotFound(said, remedy="Chat completions, responses, embeddings and models are.")
    if path.startswith("/v1/") and path.endswith("/"):
        return NotFound("There is no such resource.", remedy="Leave out the slash at the end of the address.")
    return NotFound("There is no such resource.", remedy="`/openapi.json` describes those that there are.")
