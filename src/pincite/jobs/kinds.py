"""The kinds of jobs that there are, and what each may do: the one place where a job gets its scope.

What a job does belongs to the rooms that declare it; engines (`adapters/`) run what is declared here and nothing else.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from pincite.core import Scope
from pincite.core.scope import EVERY_TENANT, system_scope
from pincite.jobs.domain import May, Steps, Workflow

TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class _Kind:
    workflow: Workflow
    may: frozenset[May]
    waits: bool = False


class Kinds:
    """What was declared. A job's scope is the installation's own, for the tenant that its payload names and no other.

    It is narrowed (`Scope.permissions`) to what its kind declares. That is asked by what asks for permissions: people,
    keys and directories (`accounts`), which no job may touch. The other rooms ask for grants, of which the installation
    needs none: within its tenant nothing but its own code keeps a job that may read from writing.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Kind] = {}

    @property
    def names(self) -> frozenset[str]:
        """The names of all."""
        return frozenset(self._known)

    def waits(self, name: str) -> bool:
        """Say whether jobs of this name mostly wait, and run beside those that work."""
        return name in self._known and self._known[name].waits

    def declare(self, name: str, workflow: Workflow, may: Collection[May], *, waits: bool = False) -> None:
        """Name a workflow and say what it may do. Raises: RuntimeError for nothing, and where it was said otherwise."""
        declared = frozenset(may)
        if not declared or not declared <= frozenset(May):
            raise RuntimeError(f"the job `{name}` must declare what it may do: {', '.join(May)}")
        kind = _Kind(workflow, declared, waits)
        if self._known.setdefault(name, kind) != kind:
            raise RuntimeError(f"the job `{name}` is declared twice")

    def check(self, name: str, payload: Mapping[str, str]) -> None:
        """Make sure that a job can be run. Raises: RuntimeError for an unknown name, and without one tenant."""
        self._begin(name, payload)

    async def run(self, name: str, steps: Steps, payload: Mapping[str, str]) -> None:
        """Run a job for its tenant; what it is given names no tenant any more. Raises: RuntimeError, see `check`."""
        kind, scope = self._begin(name, payload)
        await kind.workflow(steps, scope, {key: value for key, value in payload.items() if key != TENANT})

    def _begin(self, name: str, payload: Mapping[str, str]) -> tuple[_Kind, Scope]:
        kind, tenant = self._known.get(name), payload.get(TENANT, "")
        if kind is None:
            raise RuntimeError(f"no job `{name}` is declared")
        if not tenant or tenant == EVERY_TENANT.tenant:
            raise RuntimeError(f"a job `{name}` is for one tenant, and its payload names none")
        return kind, replace(system_scope(tenant), permissions=frozenset(kind.may))
