"""Turns what a provider's library raises into one sentence and a remedy; its own words never reach the asker.

Which failures are worth another try before anything was shown is said here too.
"""

import traceback
from collections.abc import Iterator
from http import HTTPStatus

from pincite.gateway.deadlines import DeadlinePassed
from pincite.gateway.domain import ModelError, RequestRejected, Sign
from pincite.gateway.pacing import LONGEST_WAIT_S
from pincite.gateway.retry_budget import CAP_S, full_jitter_s

_KEY = "Check the key in PINCITE_MODEL_API_KEY or the provider's own variable."
_NAME = (
    "Check its name where it is set up (in PINCITE_MODEL, a route or an assistant), and its address: servers that "
    "speak OpenAI's protocol mostly do so below `/v1`."
)
_LATER = "Try again in a moment."
_SHORTER = "Ask a shorter question."
_DOWN, _BUSY, _UNFIT, _OURS = Sign.DOWN, Sign.BUSY, Sign.UNFIT, Sign.OURS


def explained(error: BaseException, model: str) -> ModelError:
    """Return the error to show for a failure of pydantic-ai or of the transport under it."""
    from pydantic_ai import exceptions as raised

    late = _late(error, model)
    if late is not None:
        return late
    for kind, message, remedy, sign in _cases(model):
        if isinstance(error, kind):
            asked = getattr(error, "retry_after", None)
            # Whoever asks for longer is asked again then as well.
            wait_s = min(float(asked), LONGEST_WAIT_S) if isinstance(asked, int | float) else None
            billed = not turned_away(error)
            is_ours = kind in {raised.ModelContextWindowExceededError, raised.ModelRequestRejectedError}
            shown = RequestRejected if is_ours else ModelError
            return shown(message, remedy=remedy, billed=billed, sign=sign, retry_after_s=wait_s)
    if isinstance(error, raised.ModelHTTPError):
        return _refused(error.status_code, model, billed=not turned_away(error))
    return broke_off(model)


def _refused(status: int, model: str, *, billed: bool) -> ModelError:
    """Return the error for a status that no other is for."""
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        message = f"The question is too long for {model}."
        return RequestRejected(message, remedy=_SHORTER, billed=billed, sign=_UNFIT)
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return ModelError(f"{model} did not answer in time.", remedy=_LATER, billed=billed, sign=_DOWN)
    message = f"The provider of {model} refused the request with status {status}."
    return ModelError(message, remedy="Check its address.", billed=billed, sign=_UNFIT)


def _cases(model: str) -> tuple[tuple[type[BaseException], str, str, Sign], ...]:
    from pydantic_ai import exceptions as raised

    return (
        (raised.ModelAuthenticationError, f"The key for {model} was rejected.", _KEY, _UNFIT),
        (
            raised.ModelNotFoundError,
            f"The provider knows no model {model}.",
            _NAME,
            _UNFIT,
        ),
        (
            raised.ModelContextWindowExceededError,
            f"The question is too long for {model}.",
            _SHORTER,
            _UNFIT,
        ),
        (
            raised.ModelQuotaExceededError,
            f"The quota for {model} is used up.",
            "Check the plan with the provider.",
            _UNFIT,
        ),
        (raised.ModelRateLimitError, f"The provider of {model} limits our rate.", _LATER, _BUSY),
        (raised.ModelRequestTimeout, f"{model} did not answer in time.", _LATER, _DOWN),
        (raised.ModelTimeoutError, f"{model} did not answer in time.", _LATER, _DOWN),
        (TimeoutError, f"{model} did not answer in time.", _LATER, _DOWN),
        (raised.ModelServerError, f"The provider of {model} failed.", _LATER, _DOWN),
        (raised.ModelUnavailableError, f"The provider of {model} is not available.", _LATER, _DOWN),
        (
            raised.ModelConnectionError,
            f"The connection to {model} failed or was cut.",
            "Check its address; try again.",
            _DOWN,
        ),
        (
            raised.ModelRequestRejectedError,
            f"The provider rejected the request to {model}.",
            "Check the model's name, and leave out settings that it does not know.",
            _OURS,
        ),
        (
            raised.UnexpectedModelBehavior,
            f"{model} sent something that is not an answer.",
            "Check its address.",
            _UNFIT,
        ),
        (raised.UserError, f"{model} cannot be used with these settings.", "See `pincite doctor`.", _UNFIT),
    )


def _late(error: BaseException, model: str) -> ModelError | None:
    if isinstance(error, DeadlinePassed):
        sign = _DOWN if error.telling else _UNFIT
        return ModelError(f"{model} did not answer in time: {error}.", remedy=_LATER, sign=sign)
    if _unconnected(error):
        message = f"{model} did not answer in time: the deadline for connecting passed."
        return ModelError(message, remedy="Check its address; try again.", billed=False, sign=_DOWN)
    return None


def broke_off(model: str) -> ModelError:
    """Return the error for a reply that has no end, or none that can be read."""
    return ModelError(f"{model} sent an answer that broke off or cannot be read.", remedy=_LATER, sign=_UNFIT)


def turned_away(error: BaseException) -> bool:
    """Say whether a provider did nothing for a call: it answered with a status of failure, or was never reached.

    What fails amid a stream has the status that it would have had before, and was begun all the same.
    """
    import httpx2
    from pydantic_ai.exceptions import ModelHTTPError

    unreached = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
    return any(
        isinstance(each, unreached) or (isinstance(each, ModelHTTPError) and not each.in_stream)
        for each in _causes(error)
    )


def let_go(error: BaseException) -> None:
    """Clear what the frames of a failure hold, when all was said of it.

    A provider's library that fails amid a stream leaves its generators suspended there. Let go of here, each ends the
    one within it; left to the collector, which takes them all at once, they end each other while they run.
    """
    for each in _all_behind(error):
        traceback.clear_frames(each.__traceback__)


def _all_behind(error: BaseException) -> list[BaseException]:
    """Return an error with all that it came of, and all that was under way when each of these came."""
    found: dict[int, BaseException] = {}
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if id(each) not in found:
            found[id(each)] = each
            waiting += [other for other in (each.__cause__, each.__context__) if other is not None]
    return list(found.values())


def _unconnected(error: BaseException) -> bool:
    import httpx2

    return any(isinstance(each, httpx2.ConnectTimeout) for each in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def check_end(reason: str | None, model: str, *, named: bool = True) -> None:
    """Pass a reply that the model ended itself. Raises: ModelError where it was cut off or withheld, or has no end.

    Args:
        reason: why it ended, in pydantic-ai's words; None where its provider gave one that is not known, or none.
        model: its name.
        named: the provider gave a reason.
    """
    if reason is None and not named:
        raise broke_off(model)
    if reason == "length":
        raise ModelError(f"{model} used up its tokens before the answer was whole.", remedy="Ask a narrower question.")
    if reason == "content_filter":
        raise ModelError(f"The provider of {model} withheld the answer.", remedy="Ask in other words.")


def wait_before_retry(error: ModelError, attempt: int, chance: float, *, longest_s: float = CAP_S) -> float | None:
    """Return the seconds to wait before another try, or None where one would not help.

    What the provider asks for is waited for at least, if it is no more than `longest_s`; chance spreads clients that
    failed together (full jitter). Whoever waited in vain for a deadline has waited enough.

    Args:
        error: why the last try failed.
        attempt: how many came before that.
        chance: in 0..1.
        longest_s: no wait is longer.
    """
    if error.sign not in {Sign.DOWN, Sign.BUSY} or isinstance(error.__cause__, DeadlinePassed):
        return None
    asked_s = error.retry_after_s or 0.0
    return None if asked_s > longest_s else asked_s + full_jitter_s(attempt, chance)
