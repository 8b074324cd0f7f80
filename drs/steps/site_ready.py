"""The site is ready: nothing that is known keeps the services of the drill from being recovered there."""

from datetime import timedelta

from drs.check import Answer, Finding, Weight
from drs.checks import data, names, servers, state
from drs.compared import Sites
from drs.mode import EVERY
from drs.readiness import assess
from drs.reading.state import OFF
from drs.scene import Scene
from drs.step import Each, Mode, Proof, Step


def _verify(scene: Scene) -> Proof:
    sites = scene.sites  # one look: another one comes with each asking
    fenced = _fenced(sites) if scene.mode is Mode.FAILBACK else frozenset()
    found = [
        one
        for one in assess(sites).findings
        if one.weight is Weight.BLOCKING and _counts(scene, one) and (one.subject, one.problem) not in fenced
    ]
    if blocking := [one for one in found if one.answer in {Answer.UNMET, Answer.PARTLY}]:
        reason = f"{len(blocking)} gaps block, first: {blocking[0].subject}: {blocking[0].problem}"
        return Proof(answer=Answer.UNMET, reason=reason)
    if hidden := [f"{one.subject}: {one.problem}" for one in found if one.answer is Answer.UNKNOWN] or _silent(scene):
        return Proof(answer=Answer.UNKNOWN, reason=hidden[0])
    if not found:
        return Proof(answer=Answer.UNKNOWN, reason="nothing was asked that concerns these services")
    looked = f"readiness looked at {len(found)} things that could block a recovery: none does"
    return Proof(answer=Answer.MET, reason=looked)


_BROUGHT_HOME = frozenset({state.CHECK.area, data.CHECK.area, servers.CHECK.area, names.CHECK.area})
"""What the later steps of a failback bring home service by service, and prove: a database that was fenced or follows
by now, servers, the name. Nobody opens the stacks of the data centre."""


def _counts(scene: Scene, finding: Finding) -> bool:
    """What concerns the services of the drill. With the data centre gone, what that alone could tell does not."""
    asked = finding.alone or scene.mode is not Mode.FAILOVER
    looked = scene.mode is not Mode.FAILBACK or finding.area not in _BROUGHT_HOME
    return asked and looked and (not finding.services or bool(finding.services & scene.services))


def _fenced(sites: Sites) -> frozenset[tuple[str, str]]:
    """What is said of the port of a database host that carries nothing, and no more: `return_fenced` gives it back."""
    hosts = (one.database.name for one in sites.declared_here.standing.values() if one.database is not None)
    return frozenset((f"port {host}", f"it is {OFF}") for host in hosts)


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
