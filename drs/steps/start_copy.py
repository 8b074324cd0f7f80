"""A host with the copied data starts in the network without a way out."""

from datetime import timedelta

from drs.check import Answer
from drs.mode import Mode
from drs.scene import Scene
from drs.step import Each, Proof, Step, with_database


def _check(scene: Scene) -> str:
    """What is promoted in it must reach nobody: looked at once more, just before it starts."""
    found = scene.copies.standing(scene.service)
    if not (found.network and found.data):
        return "the network or the data of the copy are not there"
    return f"the network of the copy is not isolated: {found.open_to}" if found.open_to else ""


def _do(scene: Scene) -> str:
    scene.copies.start(scene.service)
    return f"a host with the copied data of {scene.service} starts"


def _verify(scene: Scene) -> Proof:
    found = scene.copies.standing(scene.service)
    if not found.server:
        return Proof(answer=Answer.UNMET, reason=f"no host with the copied data of {scene.service} runs")
    if found.open_to:
        return Proof(answer=Answer.UNMET, reason=f"the copy could reach somebody: {found.open_to}")
    return Proof(answer=Answer.MET, reason="a host with the copied data runs, and reaches nobody")


def _undo(scene: Scene) -> str:
    scene.copies.stop(scene.service)
    return f"the host of the copy of {scene.service} is removed"


STEP = Step(
    name="start_copy",
    title="A host with the copied data of {service} runs",
    each=Each.SERVICE,
    order=22,
    modes=frozenset({Mode.REHEARSE}),
    approvers=0,
    time_limit=timedelta(minutes=5),
    does="Start a server with the image of {service}, the roles application and database and the copied volume, on a"
    " port without security groups in the network of the copy.",
    undoes="Delete that server and its port.",
    verify=_verify,
    check=_check,
    do=_do,
    undo=_undo,
    concerns=with_database,
)
