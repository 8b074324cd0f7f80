"""What happens in the drill is kept at the recovery site before it happens: whoever comes after finds it there."""

from datetime import timedelta

from city.model.city import City
from drs.check import Answer
from drs.drill.custodian import JOURNAL_STANDS
from drs.mode import EVERY
from drs.scene import Scene
from drs.step import Each, Proof, Step


def _declared(city: City) -> bool:
    return bool(city.drilling.journal)


def _verify(scene: Scene) -> Proof:
    """Raises Failed where the host cannot be reached: then nobody knows."""
    return Proof(answer=Answer.MET, reason=scene.ground.kept_at())


STEP = Step(
    name=JOURNAL_STANDS,
    title="The journal of the drill is kept at the recovery site",
    each=Each.DRILL,
    order=5,
    modes=EVERY,
    approvers=0,
    time_limit=timedelta(minutes=1),
    does="Look at the host of the recovery site that city.yaml names for the journal. Where it is lost, answer for"
    " going on with the journal of this machine alone: `asty drill override journal_stands`.",
    undoes="",
    verify=_verify,
    declared=_declared,
)
