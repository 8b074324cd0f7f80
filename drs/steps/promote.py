"""The service's database is led at the site that it moves to."""

from datetime import timedelta

from city.errors import AstyError
from drs.check import Answer
from drs.mode import REAL, Mode
from drs.scene import Scene
from drs.step import Each, Proof, Step, with_database

_WITHIN_S = 30


def _check(scene: Scene) -> str:
    """Whatever the fence has proven: one that is seen to lead there is never joined by a second."""
    try:
        other = scene.there.state()
    except AstyError:
        return ""  # nobody can ask it, and that it is fenced was proven, or answered for
    return f"{scene.there} leads there" if other.writable else ""


def _do(scene: Scene) -> str:
    """Where the other site is still there, it is known from the first moment that it follows: so this leader asks the
    other before it starts anew. Of one that is gone nobody is asked, for nobody would answer."""
    scene.arriving.revive()
    if scene.mode is not Mode.FAILOVER:
        scene.here.slot(scene.arriving.slot)
    return f"{scene.here} leads on timeline {scene.here.promote(_WITHIN_S)}, and takes writes"


def _verify(scene: Scene) -> Proof:
    if not scene.here.promoted():
        return Proof(answer=Answer.UNMET, reason=f"{scene.here} does not lead")
    return Proof(answer=Answer.MET, reason=f"{scene.here} leads: a row was written and read back")


STEP = Step(
    name="promote",
    title="The database of {service} is led at {here}",
    each=Each.SERVICE,
    order=25,
    modes=REAL,
    approvers=2,
    time_limit=timedelta(minutes=1),
    does="On the database host of {service} at {here}: `select pg_promote()`; write a row and read it back.",
    undoes="Nothing takes a promotion back: fail back, with a failback of its own.",
    verify=_verify,
    check=_check,
    do=_do,
    concerns=with_database,
    promotes=True,
)
