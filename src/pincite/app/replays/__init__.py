"""Replays: a write that is sent twice with one `Idempotency-Key` is done once and answered twice."""

from pincite.app.replays.edge import ReplayEdge
from pincite.app.replays.service import Replays

__all__ = ["ReplayEdge", "Replays"]
