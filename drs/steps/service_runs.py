"""The service runs at the site that it moves to: its servers, their ports and volumes, and its balancer before them."""

from datetime import timedelta

from drs.check import Answer
from drs.checks import balancers, servers
from drs.mode import REAL
from drs.scene import Scene
from drs.step import Each, Proof, Step


def _verify(scene: Scene) -> Proof:
    """By readiness' own checks of servers and balancers, of this service alone."""
    sites, service = scene.sites, scene.service
    findings = [f for check in (servers.CHECK, balancers.CHECK) for f in check.findings(sites)]
    own = [finding for finding in findings if service in finding.services]
    if not own:
        mode = sites.city.service(service).recovery
        return Proof(answer=Answer.UNMET, reason=f"none of it is declared to run at {sites.here.id} ({mode} recovery)")
    worst = max(own, key=lambda finding: list(Answer).index(finding.answer))
    return Proof(answer=worst.answer, reason=worst.problem or f"its servers and its balancer stand at {sites.here.id}")


STEP = Step(
    name="service_runs",
    title="{service} runs at {here}",
    each=Each.SERVICE,
    order=30,
    modes=REAL,
    approvers=2,
    time_limit=timedelta(minutes=15),
    does="Declare `recovery: active` for {service} in services.yaml where it is not; then `asty plan`, `asty apply`.",
    undoes="Declare for {service} what was declared before; then `asty plan`, `asty apply`.",
    verify=_verify,
)
