"""The files of the service have just been copied to the other site, while it serves: its last copy brings little more.

Whoever waits for the last copy is not served (drs.steps.files_restored).
"""

from datetime import UTC, datetime, timedelta

from city.model import vaults
from drs.check import Answer
from drs.scene import Scene
from drs.step import Each, Mode, Proof, Step

_JUST = timedelta(minutes=10)


def _verify(scene: Scene) -> Proof:
    """By what its servers say. One that serves no more has made its last copy."""
    told = [one for one in scene.files_there.told() if one.serves]
    if old := [one.server for one in told if one.pushed is None or datetime.now(UTC) - one.pushed > _JUST]:
        return Proof(answer=Answer.UNMET, reason=f"{', '.join(old)} copied its files earlier, if at all")
    copied = "; ".join(f"{one.server} copied its files at {one.pushed:%Y-%m-%d %H:%M:%S} UTC" for one in told)
    return Proof(answer=Answer.MET, reason=copied or f"nothing of {scene.service} serves at {scene.mode.there}")


def _do(scene: Scene) -> str:
    return f"{', '.join(one.server for one in scene.files_there.push())} copied its files"


STEP = Step(
    name="files_copied",
    title="The files of {service} at {there} have just been copied",
    each=Each.SERVICE,
    order=14,
    modes=frozenset({Mode.SWITCHOVER, Mode.FAILBACK}),
    approvers=0,
    time_limit=timedelta(minutes=30),
    does="On each host of {service} at {there}: `python3 /usr/lib/files/files.py push`.",
    undoes="",
    verify=_verify,
    do=_do,
    concerns=vaults.keeps_files,
    declared=vaults.has_vault,
    ahead=True,
)
