"""Which replies of models may be kept and given again, and under which key. Pure.

A key is a hash of all that shapes a reply and of who may be given it; where replies are kept is said in `replies.py`.
"""

import hashlib
import json
from typing import Any

from pincite.core import Scope
from pincite.core.images import Image
from pincite.core.keeping import KeptUse, kept_use
from pincite.gateway.domain import ChatRequest, Message, Shape

# Counted up where requests become messages of providers in another way, so that no reply to the old way is given.
VERSION = 1
_CLIENTS_OWN = "chat"


def use_of(request: ChatRequest) -> KeptUse:
    """Return what is to be done with kept replies to a request.

    Left alone is what may well be another reply the next time, because whoever asks wants it so: a temperature above 0
    that is said, without a seed; what people send to the model itself without saying a temperature of 0 or a seed; and
    what holds the results of tools, which are of the moment.
    """
    wanted = {request.kept, kept_use()}
    if "avoid" in wanted or any(message.role == "tool" for message in request.messages):
        return "avoid"
    is_settled = request.seed is not None or request.temperature == 0
    if not is_settled and (request.temperature is not None or is_clients_own(request)):
        return "avoid"
    return "renew" if "renew" in wanted else "use"


def is_clients_own(request: ChatRequest) -> bool:
    """Say whether a request's words are its asker's alone: nobody else is given the reply, nor are they another's.

    Prompts of ours hold a question and passages that the asker may read: who sends the same may read the same.
    """
    return request.purpose.stage == _CLIENTS_OWN


def key_of(scope: Scope, request: ChatRequest, course: str) -> str:
    """Return the key of the reply to a request by a course of models, which `course` tells from others."""
    own = is_clients_own(request)
    shaped: dict[str, Any] = {
        "version": VERSION,
        "tenant": scope.tenant,
        "actor": scope.user if own else "",
        # What a prompt holds its asker may read. Beside that: who sees other things gets no reply of theirs.
        "sight": [scope.sees_all, *sorted(scope.groups), *sorted(scope.roles)],
        "course": course,
        "lane": request.lane,
        "tier": [request.tier, request.only_tier],
        "stage": request.purpose.stage,
        "assistant": request.purpose.assistant,
        "system": request.system,
        "messages": [_message(each) for each in request.messages],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": request.seed,
        "stop": request.stop,
        "penalties": [request.presence_penalty, request.frequency_penalty],
        "manner": [request.effort, request.verbosity],
        "tools": [_shape(each) for each in request.tools],
        "tool_choice": request.tool_choice,
        "parallel_calls": request.parallel_calls,
        "reply": None if request.reply is None else _shape(request.reply),
        "may_be_cut": request.may_be_cut,
    }
    written = json.dumps(shaped, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()


def _message(message: Message) -> list[Any]:
    told = [message.role, message.text, [[each.id, each.name, each.arguments] for each in message.calls]]
    return [*told, [_part(each) for each in message.parts]] if message.parts else told


def _part(part: str | Image) -> list[Any]:
    if isinstance(part, str):
        return [part]
    return [part.media_type, part.detail, hashlib.sha256(part.data).hexdigest()]


def _shape(shape: Shape) -> list[Any]:
    # The order of a schema's fields is the order in which a model writes them.
    return [shape.name, json.dumps(shape.schema, default=str), shape.description, shape.strict]
