"""`pincite simulate`: a provider of models that follows a script, on loopback, for rehearsals of outages.

What it answers, and how it fails, is in `app/simulation`. It needs no data folder, no database and no settings.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pincite.app.cli.output import fail, out, run
from pincite.core import InvalidInput, PinciteError

if TYPE_CHECKING:
    from pincite.app.simulation import Behaviour

_PORT = 8901


def simulate(
    port: Annotated[
        int, typer.Option(help="Port of 127.0.0.1 to listen on; 0 takes a free one.", min=0, max=65_535)
    ] = _PORT,
    latency: Annotated[float, typer.Option(help="Seconds before the first byte of an answer.")] = 0.3,
    rate: Annotated[float, typer.Option(help="Tokens a second; 0 sends all at once.")] = 50.0,
    faults: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            metavar="KIND[=VALUE][,NAME=VALUE...]",
            help="What is done wrong, as `status=429,share=0.2`; may be given several times. Kinds: status, hang, "
            "html, drip, drop, stall, garble, break, malformed, usage, no-usage, no-finish, long. Names: first, share, "
            "from_s, until_s, only, retry_after_s.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="What chance goes by.")] = 0,
    behaviour: Annotated[
        Path | None, typer.Option(help="A JSON file with all that it is told, in place of the options but the port.")
    ] = None,
) -> None:
    """Start a provider of models that only follows a script: OpenAI's and Anthropic's protocols, and their failures."""
    try:
        told = _told(latency, rate, faults or [], seed) if behaviour is None else _read(behaviour)
    except PinciteError as error:
        fail(error, as_json=False)
    else:
        run(_serve(port, told))


def _told(latency: float, rate: float, faults: list[str], seed: int) -> "Behaviour":
    from pincite.app.simulation import behaviour_of, fault_of

    given = {"latency_s": latency, "tokens_per_s": rate or None, "seed": seed}
    return behaviour_of({**given, "faults": [fault_of(each).model_dump() for each in faults]})


def _read(path: Path) -> "Behaviour":
    from pincite.app.simulation import behaviour_of

    try:
        return behaviour_of(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(
            f"{path} cannot be read: {error}.", remedy="Name a file as GET /simulation/behaviour returns it."
        ) from None


async def _serve(port: int, told: "Behaviour") -> None:
    from pincite.app.simulation import Director, Simulation, bind_loopback

    listener = bind_loopback(port)
    with listener:
        url = "http://{}:{}".format(*listener.getsockname())
        for line in _said(url):
            out().print(line, markup=False)
        await Simulation(Director(told)).server().serve(sockets=[listener])
        # It serves until it is interrupted, also where whoever started it has interrupts ignored.
        raise KeyboardInterrupt


def _said(url: str) -> list[str]:
    told = "PINCITE_MODEL_API_KEY=simulated pincite serve"
    return [
        f"A simulated provider of models is at {url}. Ctrl-C stops it.",
        "Point Pincite at it, in OpenAI's protocol or in Anthropic's:",
        f"  PINCITE_MODEL=openai:simulated PINCITE_MODEL_BASE_URL={url}/v1 {told}",
        f"  PINCITE_MODEL=anthropic:simulated PINCITE_MODEL_BASE_URL={url} {told}",
        f"What it was asked, and what that cost: {url}/simulation/requests",
    ]
