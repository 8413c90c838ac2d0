"""Limits: how many requests a minute an address, a key and a user may send, counted in SQL for all processes alike."""

from pincite.app.limits.domain import Policy, policies_of
from pincite.app.limits.edge import AddressEdge, AskerEdge
from pincite.app.limits.place import open_counts
from pincite.app.limits.service import Limits

__all__ = ["AddressEdge", "AskerEdge", "Limits", "Policy", "open_counts", "policies_of"]
