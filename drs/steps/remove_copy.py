"""Nothing of the copy is left."""

from datetime import timedelta

from drs.check import Answer
from drs.mode import Mode
from drs.scene import Scene
from drs.step import Each, Proof, Step, with_database


def _do(scene: Scene) -> str:
    scene.copies.remove(scene.service)
    return f"the copy of {scene.service} is removed"


def _verify(scene: Scene) -> Proof:
    if left := scene.copies.standing(scene.service).left:
        return Proof(answer=Answer.UNMET, reason=f"of the copy, {', '.join(left)} is left")
    return Proof(answer=Answer.MET, reason="its cloud has no server, port, network, volume or snapshot of a rehearsal")


STEP = Step(
    name="remove_copy",
    title="Nothing is left of the copy of {service}",
    each=Each.SERVICE,
    order=70,
    modes=frozenset({Mode.REHEARSE}),
    approvers=0,
    time_limit=timedelta(minutes=5),
    does="Delete the server of the copy of {service}, its port, its volume, the snapshot and the network.",
    undoes="",
    verify=_verify,
    do=_do,
    concerns=with_database,
)
