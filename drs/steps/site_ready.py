"""The site is ready: nothing that is known keeps the services of the drill from being recovered there."""

from datetime import timedelta

from city.model.places import SiteRole
from drs.check import Answer, Finding, Weight
from drs.checks import state
from drs.mode import EVERY
from drs.readiness import assess
from drs.scene import Scene
from drs.step import Each, Mode, Proof, Step


def _verify(scene: Scene) -> Proof:
    found = [one for one in assess(scene.sites).findings if one.weight is Weight.BLOCKING and _counts(scene, one)]
    if blocking := [one for one in found if one.answer in {Answer.UNMET, Answer.PARTLY}]:
        reason = f"{len(blocking)} gaps block, first: {blocking[0].subject}: {blocking[0].problem}"
        return Proof(answer=Answer.UNMET, reason=reason)
    if hidden := [f"{one.subject}: {one.problem}" for one in found if one.answer is Answer.UNKNOWN] or _silent(scene):
        return Proof(answer=Answer.UNKNOWN, reason=hidden[0])
    if not found:
        return Proof(answer=Answer.UNKNOWN, reason="nothing was asked that concerns these services")
    return Proof(answer=Answer.MET, reason=f"all {len(found)} blocking findings of readiness allow it")


def _counts(scene: Scene, finding: Finding) -> bool:
    """What concerns the services of the drill. With the data centre gone, what that alone could tell does not; and
    nobody opens the stacks of the data centre."""
    asked = finding.alone or scene.mode is not Mode.FAILOVER
    looked = finding.area != state.CHECK.area or scene.mode.here is SiteRole.RECOVERY
    return asked and looked and (not finding.services or bool(finding.services & scene.services))


def _silent(scene: Scene) -> list[str]:
    """A site that takes part and does not answer: at a failover it is known that one does not."""
    seen = () if scene.mode is Mode.FAILOVER else (scene.sites.datacentre, scene.sites.recovery)
    return [f"{one.site} does not answer: {next(iter(one.unseen.values()))}" for one in seen if not one.reachable]


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
