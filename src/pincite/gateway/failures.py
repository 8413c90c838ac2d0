"""Turns what a provider's library raises into one sentence and a remedy; its own words never reach the asker.

Which failures are worth another try before anything was shown is said here too.
"""

from pincite.gateway.domain import ModelError, RequestRejected

_KEY = "Check the key in PINCITE_MODEL_API_KEY or the provider's own variable."
_LATER = "Try again in a moment."


def explained(error: BaseException, model: str) -> ModelError:
    """Return the error to show for a failure of pydantic-ai or of the transport under it."""
    from pydantic_ai import exceptions as raised

    cases: tuple[tuple[type[BaseException], str, str], ...] = (
        (raised.ModelAuthenticationError, f"The key for {model} was rejected.", _KEY),
        (raised.ModelNotFoundError, f"The provider knows no model {model}.", "Check the name in PINCITE_MODEL."),
        (raised.ModelContextWindowExceededError, f"The question is too long for {model}.", "Ask a shorter question."),
        (raised.ModelQuotaExceededError, f"The quota for {model} is used up.", "Check the plan with the provider."),
        (raised.ModelRateLimitError, f"The provider of {model} limits our rate.", _LATER),
        (raised.ModelRequestTimeout, f"{model} did not answer in time.", _LATER),
        (raised.ModelTimeoutError, f"{model} did not answer in time.", _LATER),
        (TimeoutError, f"{model} did not answer in time.", _LATER),
        (raised.ModelServerError, f"The provider of {model} failed.", _LATER),
        (raised.ModelUnavailableError, f"The provider of {model} is not available.", _LATER),
        (raised.ModelConnectionError, f"The connection to {model} failed or was cut.", "Check its address; try again."),
        (raised.ModelRequestRejectedError, f"The provider rejected the request to {model}.", "Check the model's name."),
        (raised.UnexpectedModelBehavior, f"{model} sent something that is not an answer.", "Check its address."),
        (raised.UserError, f"{model} cannot be used with these settings.", "See `pincite doctor`."),
    )
    for kind, message, remedy in cases:
        if isinstance(error, kind):
            is_ours = kind in {raised.ModelContextWindowExceededError, raised.ModelRequestRejectedError}
            shown = RequestRejected if is_ours else ModelError
            return shown(message, remedy=remedy, billed=not _turned_away(error))
    return ModelError(f"{model} sent an answer that broke off or cannot be read.", remedy=_LATER)


def _turned_away(error: BaseException) -> bool:
    """Say whether a provider did nothing for a call: it answered with a status of failure, or was never reached."""
    import httpx2
    from pydantic_ai.exceptions import ModelHTTPError

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ModelHTTPError | httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def check_end(reason: str | None, model: str) -> None:
    """Pass a reply that the model ended itself. Raises: ModelError where it was cut off or withheld."""
    if reason == "length":
        raise ModelError(f"{model} used up its tokens before the answer was whole.", remedy="Ask a narrower question.")
    if reason == "content_filter":
        raise ModelError(f"The provider of {model} withheld the answer.", remedy="Ask in other words.")


def wait_before_retry(error: BaseException, attempt: int, *, longest_s: float = 8.0) -> float | None:
    """Return the seconds to wait before another try, or None where one would not help.

    Honours the provider's Retry-After up to `longest_s`; otherwise doubles from half a second.
    """
    from pydantic_ai import exceptions as raised

    worth = (
        raised.ModelRateLimitError,
        raised.ModelServerError,
        raised.ModelUnavailableError,
        raised.ModelConnectionError,
    )
    if not isinstance(error, worth) or isinstance(error, raised.ModelQuotaExceededError):
        return None
    asked = getattr(error, "retry_after", None)
    if isinstance(asked, int | float):
        return float(asked) if asked <= longest_s else None
    return min(longest_s, 0.5 * 2**attempt)
