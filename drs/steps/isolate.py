"""A network at the recovery site for the copy of a service, from which nothing leads anywhere."""

from datetime import timedelta

from city.errors import Failed
from drs.check import Answer
from drs.mode import Mode
from drs.scene import Scene
from drs.step import Each, Proof, Step, with_database


def _check(scene: Scene) -> str:
    return scene.copies.lacking(scene.service)


def _do(scene: Scene) -> str:
    scene.copies.isolate(scene.service)
    if open_to := scene.copies.standing(scene.service).open_to:
        remedy = "Look whose it is; take the network away by `asty drill undo`."
        raise Failed(f"the network of the copy of {scene.service}", f"it is not isolated: {open_to}", remedy)
    return f"a network for the copy of {scene.service} is there"


def _verify(scene: Scene) -> Proof:
    found = scene.copies.standing(scene.service)
    if not found.network:
        return Proof(answer=Answer.UNMET, reason=f"no network stands for the copy of {scene.service}")
    if found.open_to:
        return Proof(answer=Answer.UNMET, reason=f"the network of the copy is not isolated: {found.open_to}")
    return Proof(answer=Answer.MET, reason="no router and no stranger has a port in the network of the copy")


def _undo(scene: Scene) -> str:
    scene.copies.remove(scene.service)
    return f"nothing of the copy of {scene.service} is left"


STEP = Step(
    name="isolate",
    title="A network without a way out stands for a copy of {service}",
    each=Each.SERVICE,
    order=14,
    modes=frozenset({Mode.REHEARSE}),
    approvers=0,
    time_limit=timedelta(minutes=2),
    does="Make a network and a subnet without gateway for the copy of {service} at {here}; connect no router to it.",
    undoes="Remove the network.",
    verify=_verify,
    check=_check,
    do=_do,
    undo=_undo,
    concerns=with_database,
)
