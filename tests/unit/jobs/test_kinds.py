"""Jobs may do no more than the installation's own work. That kinds are held to it is in `contract/test_jobs.py`."""

from collections.abc import Mapping

from pincite.accounts import Permission
from pincite.accounts.domain import ROLE_PERMISSIONS, permissions_of
from pincite.core import Scope
from pincite.core.scope import system_scope
from pincite.jobs import May, Steps
from pincite.jobs.kinds import Kinds


def test_a_job_can_declare_what_the_installations_work_has_and_nothing_else() -> None:
    assert {each.value for each in May} == ROLE_PERMISSIONS["system"] == permissions_of(system_scope("t"))


async def test_a_narrowed_job_has_none_of_the_rest_where_permissions_are_asked_for() -> None:
    had: list[frozenset[Permission]] = []

    async def workflow(_steps: Steps, scope: Scope, _payload: Mapping[str, str]) -> None:
        had.append(permissions_of(scope))

    class NoSteps:
        async def run(self, name: str, step: object) -> None: ...

    kinds = Kinds()
    kinds.declare("look", workflow, [May.READ])
    await kinds.run("look", NoSteps(), {"tenant": "t"})
    assert had == [{Permission.READ}]
