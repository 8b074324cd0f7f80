"""The database that was fenced when its site was lost comes back, and follows: it never leads beside the other."""

from datetime import timedelta

from drs.check import Answer
from drs.scene import Scene
from drs.step import Each, Mode, Proof, Step, with_database


def _do(scene: Scene) -> str:
    scene.cloud_here.release(scene.service)
    if not scene.returning.soon(lambda: bool(scene.here.state().system)):
        return "its host has power and a port again, and does not let us in yet"
    return scene.returning.join()


def _verify(scene: Scene) -> Proof:
    """A host without power cannot be asked, and nobody has to: it follows nobody."""
    fenced = [one.server for one in scene.cloud_here.power(scene.service) if one.off or one.unplugged]
    if fenced:
        return Proof(answer=Answer.UNMET, reason=f"{', '.join(fenced)} has no power, or no port")
    if not scene.returning.follows():
        return Proof(answer=Answer.UNMET, reason=f"{scene.here} does not stream from {scene.there}")
    return Proof(answer=Answer.MET, reason=f"{scene.here} streams from {scene.there}; both say so")


STEP = Step(
    name="return_fenced",
    title="{Here} follows the database of {service}",
    each=Each.SERVICE,
    order=12,
    modes=frozenset({Mode.FAILBACK}),
    approvers=0,
    time_limit=timedelta(minutes=30),
    does="Give the database host of {service} at {here} its port and its power back; before it takes writes, let its"
    " PostgreSQL follow the one at {there}: pg_rewind, or pg_basebackup. Keep what it wrote that nobody else has.",
    undoes="",
    verify=_verify,
    do=_do,
    concerns=with_database,
    ahead=True,
)
