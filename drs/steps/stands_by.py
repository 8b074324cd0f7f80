"""The service's programs run again at the site that was left, and wait for its files: a second loss finds them warm.

Those that write nothing but files ended before the last copy of them (drs.steps.files_restored); nobody else's did.
"""

from datetime import timedelta

from city.model import vaults
from drs.check import Answer
from drs.mode import Mode
from drs.scene import Scene
from drs.step import Each, Proof, Step, writes_only_files


def _do(scene: Scene) -> str:
    scene.files_there.wait()
    return f"its programs run again at {scene.mode.there.value}, and wait for its files"


def _verify(scene: Scene) -> Proof:
    there, told = scene.mode.there.value, scene.files_there.told()
    if serving := [one.server for one in told if one.serves]:
        return Proof(answer=Answer.UNMET, reason=f"{', '.join(serving)} at {there} says that it serves")
    if ended := [one.server for one in told if not one.runs]:
        return Proof(answer=Answer.UNMET, reason=f"the programs of {', '.join(ended)} at {there} have ended")
    return Proof(answer=Answer.MET, reason=f"{', '.join(one.server for one in told)} waits for files, its programs run")


STEP = Step(
    name="stands_by",
    title="{There} stands by for {service}",
    each=Each.SERVICE,
    order=60,
    modes=frozenset({Mode.SWITCHOVER, Mode.FAILBACK}),
    approvers=0,
    time_limit=timedelta(minutes=5),
    does="On each host of {service} at {there}: `python3 /usr/lib/files/files.py wait`.",
    undoes="",
    verify=_verify,
    do=_do,
    concerns=writes_only_files,
    declared=vaults.has_vault,
    afterwards=True,
)
