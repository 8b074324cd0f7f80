"""Runs of Pulumi's follow each other, until one more would change nothing: then they are told as one."""

from collections.abc import Callable, Iterable, Mapping

from keystoneauth1.exceptions import ClientException
from openstack.exceptions import SDKException

from city.errors import AstyError
from city.outcome import Outcome
from infra import deletions
from infra.account import Account, Resource
from infra.events import Report
from infra.healing import take_over
from infra.patience import LATE, LOST, again, all_momentary, joined, still_waiting
from infra.plan import plain, subject
from infra.project import Project
from infra.reach import connection
from infra.stacks import Stack

_RUNS = 3
"""How often at most what failed for a moment is gone on with."""


def to_the_end(
    stack: Stack, project: Project, once: Callable[[Account], list[Outcome]], report: Report
) -> list[Outcome]:
    """What the runs did that were needed, as of one run.

    A run more follows where nothing failed but for a moment, _RUNS in all; and where servers were deleted after the
    provider had given that up, which it does with one after the other: as long as each run rids us of further ones.
    """
    done: list[Outcome] = []
    settled: dict[str, str] = {}
    gone: frozenset[str] = frozenset()
    more = _RUNS - 1

    def run_once() -> tuple[list[Outcome], Account]:
        account = Account()
        return once(account), account

    with still_waiting(stack.name, report):
        while True:
            now, account = again(run_once, stack.name, report)
            taken = _settled(stack, project, account.unanswered, report)
            late = _late(stack, project, {u: one for u, one in account.given_up.items() if one not in gone})
            done = joined(done, now, settled)
            found = {**dict.fromkeys(taken or (), LOST), **dict.fromkeys(_subjects(stack, late), LATE)}
            if taken is None or not (more or late) or not all_momentary(now, found):
                return done
            settled |= found
            gone |= set(late.values())
            more -= 0 if late else 1
            told = f"has meanwhile deleted {', '.join(map(subject, late))}" if late else "failed for a moment"
            report(f"{stack.name}: the cloud {told}; doing the rest")


def _late(stack: Stack, project: Project, given_up: Mapping[str, str]) -> dict[str, str]:
    """Of what was not waited for, that which the cloud has deleted meanwhile; none where the cloud cannot be asked."""
    if not given_up:
        return {}
    try:
        with connection(stack, project.clouds) as cloud:
            ended = deletions.gone(cloud, given_up.values())
    except (AstyError, SDKException, ClientException):
        return {}
    return {urn: server for urn, server in given_up.items() if server in ended}


def _subjects(stack: Stack, urns: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{stack.name}: {subject(urn)}" for urn in urns)


def _settled(stack: Stack, project: Project, lost: Mapping[str, Resource], report: Report) -> frozenset[str] | None:
    """The subjects of what was made though no answer came; None where that could not be found out: ask for no more."""
    try:
        taken = take_over(stack, project, lost, report) if lost else ()
    except (AstyError, SDKException, ClientException) as error:
        report(
            f"{stack.name}: nobody knows what became of requests without an answer ({plain(str(error))}); plan again"
        )
        return None
    return _subjects(stack, taken)
