"""That something was given again for nothing: written down in the ledger as what it saved, by whoever gives it."""

from decimal import Decimal

from pincite.core import PinciteError, Scope, get_logger
from pincite.gateway.metering import Meter
from pincite.ledger import Call, Purpose, Spend, Spent, at_hand

_LASTS_S = 60.0

log = get_logger(__name__)


async def note_saved(meter: Meter, scope: Scope, model: str, purpose: Purpose, usd: Decimal | None) -> None:
    """Have it written down that what a model had made for so much was given again; None where nobody knows."""
    purpose = at_hand(purpose)
    try:
        reservation = await meter.reserve(scope, Call("chat", model, purpose, bound=Spend(), lasts_s=_LASTS_S))
    except PinciteError as error:  # what costs nothing is refused to nobody
        log.warning("saving not written down", problem=error.message)
    else:
        meter.settle(reservation, Spent.again(usd or Decimal(0)))
