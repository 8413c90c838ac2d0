"""Privacy: personal data and secrets in text, found and covered. No document, tenant or model is known here."""

from pincite.privacy.detecting import counted, find
from pincite.privacy.domain import Finding, Kind, Policy
from pincite.privacy.masking import Masker

__all__ = ["Finding", "Kind", "Masker", "Policy", "counted", "find"]
