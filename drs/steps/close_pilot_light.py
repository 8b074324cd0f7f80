"""What a drill opened of a service at the recovery site is taken away again: what is declared to stand there stays."""

from datetime import timedelta

from city.model.services import Recovery, Service
from drs.check import Answer
from drs.mode import Mode
from drs.scene import Scene
from drs.step import Each, Proof, Step


def _opened_by_drills(service: Service) -> bool:
    return service.recovery in {Recovery.PILOT_LIGHT, Recovery.COLD}


def _do(scene: Scene) -> str:
    scene.ground.capacity.close(scene.service)
    return f"what a drill opened of {scene.service} is removed"


def _verify(scene: Scene) -> Proof:
    if left := scene.ground.capacity.opened(scene.service):
        return Proof(answer=Answer.UNMET, reason=f"a drill opened {', '.join(left)}")
    return Proof(answer=Answer.MET, reason="nothing that a drill opened of it is there")


STEP = Step(
    name="close_pilot_light",
    title="Of {service} no more stands at {there} than is declared",
    each=Each.SERVICE,
    order=70,
    modes=frozenset({Mode.FAILBACK}),
    approvers=0,
    time_limit=timedelta(minutes=10),
    does="Delete what the failover opened of {service} at {there}: its record, its floating address, its load balancer,"
    " its server; of a cold service its port and its volume too. The database stays.",
    undoes="",
    verify=_verify,
    do=_do,
    concerns=_opened_by_drills,
    afterwards=True,
)
