"""The site that was left follows the database again: a second loss is survived as the first one was."""

from datetime import timedelta

from drs.check import Answer
from drs.scene import Scene
from drs.step import Each, Mode, Proof, Step, with_database


def _do(scene: Scene) -> str:
    scene.arriving.revive()
    return scene.arriving.join()


def _verify(scene: Scene) -> Proof:
    if not scene.arriving.follows():
        return Proof(answer=Answer.UNMET, reason=f"{scene.there} does not stream from {scene.here}")
    return Proof(answer=Answer.MET, reason=f"{scene.there} streams from {scene.here}; both say so")


STEP = Step(
    name="reprotect",
    title="{There} follows the database of {service}",
    each=Each.SERVICE,
    order=60,
    modes=frozenset({Mode.SWITCHOVER, Mode.FAILBACK}),
    approvers=0,
    time_limit=timedelta(minutes=30),
    does="Let PostgreSQL of {service} at {there} follow the one at {here}: make a slot there, set primary_conninfo and"
    " primary_slot_name, start it with standby.signal; where it does not follow, pg_rewind or pg_basebackup first.",
    undoes="",
    verify=_verify,
    do=_do,
    concerns=with_database,
    afterwards=True,
)
