"""Real daemons for tests that are about them; who may not become root sees the test fail, for nothing is faked."""

from collections.abc import Iterable

from lab.real.packages import POLICY, services_held
from lab.system import Need, ensure


def have(needs: Iterable[Need]) -> None:
    """Install what is missing, as `asty lab up` would, without starting any service of it."""
    wanted = tuple(needs)
    if not all(need.met for need in wanted):
        with services_held(POLICY):
            ensure(wanted, print)
