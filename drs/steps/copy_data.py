"""The data of the service's database at the recovery site are copied, while they go on following the data centre."""

from datetime import timedelta

from drs.check import Answer
from drs.mode import Mode
from drs.postgres.rows import rows
from drs.scene import Scene
from drs.step import Each, Proof, Step, with_database


def _check(scene: Scene) -> str:
    """What is rehearsed is the loss of the data centre: it has to lead, and this side to follow."""
    if not scene.copies.standing(scene.service).network:
        return "no network without a way out stands for the copy"
    return scene.leaving.unfit()


def _do(scene: Scene) -> str:
    scene.copies.take(scene.service, lambda: rows(scene.here, scene.declared.database))
    return f"the data of {scene.here} are copied as of a moment, by storage"


def _verify(scene: Scene) -> Proof:
    found = scene.copies.standing(scene.service)
    if not found.data:
        return Proof(answer=Answer.UNMET, reason=f"no copy of the data of {scene.here} is there")
    before, after = (sum(counts[at] for counts in found.rows.values()) for at in (0, 1))
    told = f"{before} rows before, {after} after" if before != after else f"{before} rows before and after"
    return Proof(answer=Answer.MET, reason=f"a copy is there; {scene.here} had {told} in {len(found.rows)} tables")


def _undo(scene: Scene) -> str:
    scene.copies.forget(scene.service)
    return f"the copied data of {scene.service} are removed"


STEP = Step(
    name="copy_data",
    title="The data of {service} at {here} are copied",
    each=Each.SERVICE,
    order=18,
    modes=frozenset({Mode.REHEARSE}),
    approvers=0,
    time_limit=timedelta(minutes=10),
    does="Count the rows of {service} at {here}; take a snapshot of the volume of its database host there, and make a"
    " volume of the snapshot; count the rows again.",
    undoes="Remove that volume, then the snapshot.",
    verify=_verify,
    check=_check,
    do=_do,
    undo=_undo,
    concerns=with_database,
)
