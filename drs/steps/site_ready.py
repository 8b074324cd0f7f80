"""The recovery site is ready: nothing that is known keeps its services from being recovered there."""

from datetime import timedelta

from drs.check import Answer, Weight
from drs.compared import Sites
from drs.readiness import Preparedness, assess
from drs.step import Each, Mode, Proof, Step


def _verify(sites: Sites, _service: str) -> Proof:
    found = assess(sites)
    blocking = [gap for gap in found.gaps if gap.weight is Weight.BLOCKING and gap.answer is not Answer.UNKNOWN]
    if blocking:
        return Proof(answer=Answer.UNMET, reason=f"{len(blocking)} gaps block, first: {blocking[0].subject}")
    if found.verdict is Preparedness.UNKNOWN:
        hidden = next(gap for gap in found.gaps if gap.answer is Answer.UNKNOWN)
        return Proof(answer=Answer.UNKNOWN, reason=f"{hidden.subject}: {hidden.problem}")
    return Proof(answer=Answer.MET, reason=f"all {len(found.findings)} findings of readiness allow it")


STEP = Step(
    name="site_ready",
    title="The recovery site is ready",
    each=Each.DRILL,
    order=10,
    modes=frozenset({Mode.SWITCHOVER, Mode.FAILOVER}),
    approvers=0,
    time_limit=timedelta(minutes=5),
    does="Run `asty drill readiness` and mend what blocks.",
    undoes="",
    verify=_verify,
)
