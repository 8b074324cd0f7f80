"""The copy of the service's files lies unpacked and verified at the site that it moves to, while the other one serves.

Of files that do not change until the service leaves, nothing is left to be fetched then: residents wait for a swap of
folders instead of for the whole volume (drs.steps.files_restored).
"""

from datetime import UTC, datetime, timedelta

from city.model import vaults
from drs.check import Answer
from drs.hands.files import FilesOf, Wanted
from drs.mode import Mode
from drs.scene import Scene
from drs.step import Each, Proof, Step

_JUST = timedelta(minutes=15)
"""Longer than files_copied has it: the copy was made before it was fetched."""


def _verify(scene: Scene) -> Proof:
    """By what the servers say at both sites. Where nobody serves at the other site, the files have been left; and whose
    program is an earlier one tells no fingerprint: its files are fetched once it leaves."""
    told = scene.files_there.told()
    left = {one.server: one for one in told if one.serves and (one.fingerprint or one.pushed is None)}
    wanted = [one for one in scene.files_here.told() if one.server in left]
    if late := [one.server for one in wanted if not _staged(one, left[one.server])]:
        return Proof(answer=Answer.UNMET, reason=f"{', '.join(late)} has no copy beside its files that was just made")
    staged = "; ".join(f"{one.server} has the copy of {one.staged_at:%Y-%m-%d %H:%M:%S} UTC" for one in wanted)
    return Proof(answer=Answer.MET, reason=staged or f"{scene.mode.here.value} waits for no files of {scene.service}")


def _staged(here: FilesOf, there: FilesOf) -> bool:
    """Files that change all the time have been copied once more since."""
    just = here.staged_at is not None and datetime.now(UTC) - here.staged_at < _JUST
    return bool(here.staged) and (just or here.staged == there.fingerprint)


def _do(scene: Scene) -> str:
    left = {
        one.server: Wanted(copy=one.copy, fingerprint=one.fingerprint)
        for one in scene.files_there.told()
        if one.serves and one.copy and one.fingerprint
    }
    if left:
        scene.files_here.wait()
        scene.files_here.stage(left)
    return f"the copies of {', '.join(left) or 'no server'} lie at {scene.mode.here.value}"


STEP = Step(
    name="files_staged",
    title="The copies of {service}'s files lie at {here}",
    each=Each.SERVICE,
    order=16,
    modes=frozenset({Mode.SWITCHOVER, Mode.FAILBACK}),
    approvers=0,
    time_limit=timedelta(minutes=30),
    does="On each host of {service} at {here}: `python3 /usr/lib/files/files.py stage`, with the `snapshot` and the"
    " `fingerprint` that `files.py told` says of `pushed` on the host of the same name at {there}.",
    undoes="",
    verify=_verify,
    do=_do,
    concerns=vaults.keeps_files,
    declared=vaults.has_vault,
    ahead=True,
)
