"""Who can be asked whether evidence carries a claim, by the names in settings. A new one is an adapter and a line here.

Which claims are asked about, and what the opinion may change, is decided in `answers`.
"""

from collections.abc import Callable
from pathlib import Path

from pincite.gateway.adapters.opinion_chat import ChatOpinion
from pincite.gateway.adapters.opinion_nli import EntailmentModel
from pincite.gateway.domain import ChatModel, ClaimJudge, ModelNotConfigured

_KNOWN = "`none`, `nli:FOLDER`, `judge` or `judge:PROVIDER:NAME`"


def make_claim_judge(
    name: str, chat: Callable[[str | None], ChatModel | None], fence_key: bytes | None = None
) -> ClaimJudge | None:
    """Return the judge of that name, None for `none`. Blocks: it may load files.

    Args:
        name: as in settings.
        chat: returns the chat model of a name, for None the one in use.
        fence_key: what fences are made with; random ones where it is None.

    Raises:
        ModelNotConfigured: there is no such judge, or its chat model cannot be used.
        Unavailable: what it needs is not installed, or its folder holds no such model.
    """
    prefix, _, rest = name.partition(":")
    rest = rest.strip()
    if name == "none":
        return None
    if prefix == "nli" and rest:
        return EntailmentModel(Path(rest).expanduser())
    if name == "judge" or (prefix == "judge" and rest):
        model = chat(rest or None)
        if model is None:
            raise ModelNotConfigured("The second opinion `judge` needs a chat model.", remedy="Set PINCITE_MODEL.")
        return ChatOpinion(model, fence_key)
    raise ModelNotConfigured(
        f"There is no second opinion `{name[:80]}`.", remedy=f"Set PINCITE_SECOND_OPINION to {_KNOWN}."
    )
