"""The service takes a resident's writes by its name: what all the other steps are for."""

from datetime import timedelta

from city.errors import AstyError
from drs.check import Answer
from drs.mode import REAL
from drs.names import doors
from drs.scene import Scene
from drs.step import Each, Proof, Step, with_database


def _verify(scene: Scene) -> Proof:
    door = doors(scene.sites)[scene.service]
    try:
        return Proof(answer=Answer.MET, reason=scene.ground.outside.write(door.fqdn, door.port))
    except AstyError as error:
        return Proof(answer=Answer.UNMET, reason=error.problem)


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
    do=lambda _scene: "nothing is left to do but to wait for the first write",
    concerns=with_database,
)
