"""The service's data are what they were at an earlier moment: a copy, checked in quarantine, takes their place."""

from datetime import timedelta

from drs.check import Answer
from drs.scene import Scene
from drs.step import Each, Mode, Proof, Step, with_database


def _do(scene: Scene) -> str:
    going = scene.going_back
    if not going.taken(going.told()):
        going.bring()
        going.take()
    told = going.told()
    return f"{scene.here} has the data of {told.get('point')}, whose last change is of {told.get('last_change')} UTC"


def _verify(scene: Scene) -> Proof:
    """By the host, which took them there, and by the database itself, which answers from them and takes no writes."""
    going = scene.going_back
    told = going.told()
    if not going.taken(told):
        return Proof(answer=Answer.UNMET, reason=f"{scene.here} has not the data of {going.point.isoformat()}")
    state = scene.here.state()
    if not (state.running and state.follows):
        return Proof(answer=Answer.UNMET, reason=f"{scene.here} does not answer from the data that it was given")
    rows = told.get("rows") or {}
    counted = f"{sum(rows.values())} rows in {len(rows)} tables"
    reason = f"{scene.here} answers from the data of {going.point.isoformat()}: {counted}, each page and index whole"
    return Proof(answer=Answer.MET, reason=reason)


STEP = Step(
    name="restore",
    title="The data of {service} at {here} are those of the chosen moment",
    each=Each.SERVICE,
    order=22,
    modes=frozenset({Mode.FAILOVER}),
    approvers=2,
    time_limit=timedelta(hours=2),
    does="On the database host of {service} at {here}, as root: `python3 /usr/lib/database/back.py begin MOMENT`, then"
    " `back.py told` until what is in quarantine is good, then `back.py take MOMENT`.",
    undoes="On the same host: `python3 /usr/lib/database/back.py undo`, unless the database was promoted since.",
    verify=_verify,
    do=_do,
    undo=lambda scene: scene.going_back.undo(),
    concerns=with_database,
    to_a_point=True,
)
