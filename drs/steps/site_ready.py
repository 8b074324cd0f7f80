"""The site is ready: nothing that is known keeps the services of the drill from being recovered there."""

from datetime import timedelta

from drs.check import Answer, Finding, Weight
from drs.mode import EVERY
from drs.readiness import assess
from drs.scene import Scene
from drs.step import Each, Mode, Proof, Step


def _verify(scene: Scene) -> Proof:
    found = [finding for finding in assess(scene.sites).findings if _counts(scene, finding)]
    blocking = [one for one in found if one.answer in {Answer.UNMET, Answer.PARTLY} and one.weight is Weight.BLOCKING]
    if blocking:
        reason = f"{len(blocking)} gaps block, first: {blocking[0].subject}: {blocking[0].problem}"
        return Proof(answer=Answer.UNMET, reason=reason)
    hidden = next((one for one in found if one.answer is Answer.UNKNOWN), None)
    if hidden is not None:
        return Proof(answer=Answer.UNKNOWN, reason=f"{hidden.subject}: {hidden.problem}")
    if not found:
        return Proof(answer=Answer.UNKNOWN, reason="nothing was asked that concerns these services")
    return Proof(answer=Answer.MET, reason=f"all {len(found)} findings of readiness allow it")


def _counts(scene: Scene, finding: Finding) -> bool:
    """What concerns the services of the drill. With the data centre gone, what that alone could tell does not."""
    asked = finding.alone or scene.mode is not Mode.FAILOVER
    return asked and (not finding.services or bool(finding.services & scene.services))


STEP = Step(
    name="site_ready",
    title="{Here} is ready",
    each=Each.DRILL,
    order=10,
    modes=EVERY,
    approvers=0,
    time_limit=timedelta(minutes=5),
    does="Run `asty drill readiness` and mend what blocks.",
    undoes="",
    verify=_verify,
)
