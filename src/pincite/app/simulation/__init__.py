"""Simulation: a provider of models that follows a script, for rehearsals of outages and for tests."""

from pincite.app.simulation.behaviour import FAULTS, Behaviour, Director, Fault, behaviour_of, fault_of
from pincite.app.simulation.domain import Asked, Decides, Refusal, Told, refusal_of
from pincite.app.simulation.serving import Simulation, bind_loopback

__all__ = [
    "FAULTS",
    "Asked",
    "Behaviour",
    "Decides",
    "Director",
    "Fault",
    "Refusal",
    "Simulation",
    "Told",
    "behaviour_of",
    "bind_loopback",
    "fault_of",
    "refusal_of",
]
