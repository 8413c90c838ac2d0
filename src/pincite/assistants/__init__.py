"""Assistants: named ways of answering, by collections, model, instructions and limits."""

from pincite.assistants.domain import BUILT_IN, LEAST_LIKENESS, Assistant, Changes, NoSuchAssistant, Setup, may_set_up
from pincite.assistants.service import Assistants

__all__ = ["BUILT_IN", "LEAST_LIKENESS", "Assistant", "Assistants", "Changes", "NoSuchAssistant", "Setup", "may_set_up"]
