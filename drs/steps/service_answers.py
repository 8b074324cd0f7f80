"""The service serves by its name those whom it is for: what all the other steps are for."""

from contextlib import suppress
from datetime import timedelta

from city.errors import AstyError, NeedsPerson
from city.model.services import Service
from drs.check import Answer
from drs.mode import REAL
from drs.names import doors
from drs.scene import Scene
from drs.step import Each, Proof, Step, takes_writes, with_database


def _do(scene: Scene) -> str:
    """Where nobody is answered yet, a database that has ended since it was promoted is started again."""
    if with_database(scene.declared) and _verify(scene).answer is not Answer.MET:
        with suppress(AstyError):  # whether the service answers, the look says
            scene.arriving.revive()
    return "nothing is left to do but to wait for the first answer"


def _verify(scene: Scene) -> Proof:
    try:
        return Proof(answer=Answer.MET, reason=_asked(scene))
    except NeedsPerson as error:
        return Proof(answer=Answer.UNKNOWN, reason=error.problem)
    except AstyError as error:
        return Proof(answer=Answer.UNMET, reason=error.problem)


def _asked(scene: Scene) -> str:
    """A write proves more than a page does; whoever writes stands on the street, where operators' services let nobody
    in."""
    if not takes_writes(scene.declared):
        return scene.ground.serves(scene.service)
    door = doors(scene.known)[scene.service]
    return scene.ground.outside.write(door.fqdn, door.port)


def _can_be_asked(service: Service) -> bool:
    return takes_writes(service) or service.probe is not None


STEP = Step(
    name="service_answers",
    title="{service} serves by its name",
    each=Each.SERVICE,
    order=50,
    modes=REAL,
    approvers=0,
    time_limit=timedelta(minutes=5),
    does="Open {service} by its name, from where its residents or operators are; save something, if it lets you, and"
    " read it back.",
    undoes="",
    verify=_verify,
    do=_do,
    concerns=_can_be_asked,
)
