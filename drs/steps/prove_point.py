"""The service's data of an earlier moment can be had: they are restored in quarantine, checked, and serve nobody."""

from datetime import timedelta

from drs.check import Answer
from drs.mode import Mode
from drs.scene import Scene
from drs.step import Each, Proof, Step, with_database


def _do(scene: Scene) -> str:
    scene.going_back.bring()
    return f"the data of that moment are in quarantine on the host of {scene.here}, beside those that follow"


def _verify(scene: Scene) -> Proof:
    going = scene.going_back
    rows = going.proven(going.told())
    if rows is None:
        return Proof(answer=Answer.UNMET, reason=f"no good copy as of {going.point.isoformat()} is in quarantine")
    reason = f"the data of {going.point.isoformat()} were restored and found whole: {rows} rows"
    return Proof(answer=Answer.MET, reason=reason)


STEP = Step(
    name="prove_point",
    title="The data of {service} of the chosen moment are restored in quarantine at {here}",
    each=Each.SERVICE,
    order=19,
    modes=frozenset({Mode.REHEARSE}),
    approvers=0,
    time_limit=timedelta(hours=2),
    does="On the database host of {service} at {here}, as root: `python3 /usr/lib/database/back.py begin MOMENT`, then"
    " `back.py told` until what is in quarantine is good. The database itself goes on following meanwhile.",
    undoes="Nothing has to be: the next copy in quarantine takes the place of this one.",
    verify=_verify,
    do=_do,
    concerns=with_database,
    to_a_point=True,
)
