"""One run of Pulumi's, and what it comes to: outcomes, or the error of a run that could not be done as a whole."""

import re
from collections.abc import Callable, Iterator

from pulumi.automation import CommandError

from city.errors import AstyError, Failed, NeedsPerson, Refused
from city.outcome import Outcome, Status
from infra import protection
from infra.account import Account
from infra.plan import StackPlan, plain, subject
from infra.stacks import Stack

_ODD_STATE = re.compile(r"Invalid power_state for instance \S+: (\w+)")
_GUARDED = "the guards refuse it"


def run(stack: Stack, account: Account, work: Callable[[], object]) -> None:
    """Does `work`; where Pulumi fails, the account says why, and only where it cannot, Pulumi's own words do."""
    try:
        work()
    except CommandError as error:
        if not account.errors:
            raise Failed(f"stack {stack.name}", plain(str(error)), "See the lines above.") from error
    except RuntimeError as error:
        if not account.errors:
            raise NeedsPerson(f"stack {stack.name}", plain(str(error)), "Run it again and look.") from error


def changed_by(
    stack: Stack, account: Account, work: Callable[[], object], planned: StackPlan | None = None
) -> list[Outcome]:
    """What a run that changes the cloud did, also where Pulumi itself was killed in its middle."""
    try:
        run(stack, account, work)
    except AstyError as error:
        if not account.resources:
            raise
        reason = "Pulumi did not come to the end of its run; plan again: that settles what was begun"
        cut_off = Outcome(subject=f"stack {stack.name}", status=Status.UNKNOWN, reason=reason, evidence=error.problem)
        return [*account.outcomes(stack.name, planned), cut_off]
    return told(stack, account, planned)


def told(stack: Stack, account: Account, planned: StackPlan | None = None) -> list[Outcome]:
    """Raises what was said against the run only where nothing had begun; else it is told beside what was done."""
    if not account.begun and not any(seen.failed for seen in account.resources.values()):
        raise_blame(stack, account)
    outcomes = account.outcomes(stack.name, planned)
    if account.errors and not any(outcome.status is Status.FAILED for outcome in outcomes):
        outcomes.append(Outcome(subject=f"stack {stack.name}", status=Status.FAILED, reason=account.said))
    return outcomes


def raise_blame(stack: Stack, account: Account) -> None:
    """Raises what the program or Pulumi itself said against the run: Refused where it was a guard, ours or Pulumi's."""
    if not account.errors:
        return
    if _GUARDED in account.said:
        raise Refused(f"stack {stack.name}", account.said, "Nothing was done.")
    if refusal := protection.refused(stack, account.errors):
        raise refusal
    if states := list(_odd_states(account)):
        told = "; ".join(f"{name} is {state}" for name, state in states)
        problem = f"{told}: nothing can be planned for such a server, nor for the rest of the stack"
        ways = "`resume`, `unrescue`, `unshelve`, `unpause` or `resize revert`"
        remedy = f"Bring it back to work with {ways} of `openstack --os-cloud {stack.cloud} server`, and plan again."
        raise Failed(f"stack {stack.name}", problem, remedy)
    raise Failed(f"stack {stack.name}", account.said, "Nothing else of the stack was done.")


def _odd_states(account: Account) -> Iterator[tuple[str, str]]:
    """The servers in a state that the provider knows no plan for, such as SUSPENDED or VERIFY_RESIZE."""
    for urn, messages in sorted(account.errors.items()):
        if found := _ODD_STATE.search(" ".join(messages)):
            yield subject(urn) if urn and not urn.endswith("::") else "a server", found.group(1)


def refuse_smaller(stack: Stack, account: Account) -> None:
    """Raises Refused where a volume is to shrink: block storage would refuse it half-way through the run."""
    if account.smaller:
        listed = "; ".join(
            f"{subject(urn)} has {there} GB and is declared with {declared} GB"
            for urn, (there, declared) in sorted(account.smaller.items())
        )
        remedy = "Declare what is there, or more. To have less, move the data to another service's volume."
        raise Refused(f"stack {stack.name}", f"a volume never shrinks: {listed}", remedy)
