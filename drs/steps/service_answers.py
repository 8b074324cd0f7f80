"""The service takes a resident's writes by its name: what all the other steps are for."""

from contextlib import suppress
from datetime import timedelta

from city.errors import AstyError
from city.model.services import Service
from drs.check import Answer
from drs.mode import REAL
from drs.names import doors
from drs.scene import Scene
from drs.step import Each, Proof, Step, with_database


def _do(scene: Scene) -> str:
    """Where no write is taken yet, a database that has ended since it was promoted is started again."""
    if _verify(scene).answer is not Answer.MET:
        with suppress(AstyError):  # whether the service answers, the look says
            scene.arriving.revive()
    return "nothing is left to do but to wait for the first write"


def _verify(scene: Scene) -> Proof:
    door = doors(scene.known)[scene.service]
    try:
        return Proof(answer=Answer.MET, reason=scene.ground.outside.write(door.fqdn, door.port))
    except AstyError as error:
        return Proof(answer=Answer.UNMET, reason=error.problem)


def _of_residents(service: Service) -> bool:
    """Whoever writes stands on the street: of what operators alone reach, that its database takes a row was proven as
    it was promoted, and that its name leads to it by every name server."""
    flows = service.workload.flows if service.workload else ()
    return with_database(service) and any(flow.source == "world" for flow in flows)


STEP = Step(
    name="service_answers",
    title="{service} takes residents' writes by its name",
    each=Each.SERVICE,
    order=50,
    modes=REAL,
    approvers=0,
    time_limit=timedelta(minutes=5),
    does="Open {service} in a browser, from outside, by its name; save something, and read it back.",
    undoes="",
    verify=_verify,
    do=_do,
    concerns=_of_residents,
)
