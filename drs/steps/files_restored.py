"""The service's files are at the site that it moves to: the newest copies out of that site's vault."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from city.errors import AstyError
from city.model import vaults
from drs.check import Answer
from drs.hands.files import FilesOf, Wanted
from drs.mode import REAL, Mode
from drs.scene import Scene
from drs.step import Each, Proof, Step


def _do(scene: Scene) -> str:
    """Where the other site is still there, it makes the last copies first: then nothing is lost. Of files that have not
    changed since they were staged here, no copy is made, and none is fetched."""
    here, copies = scene.files_here, None
    if scene.mode is not Mode.FAILOVER:
        staged = {one.server: one.staged for one in here.wait()}
        left = scene.files_there.leave(staged)
        copies = {one.server: Wanted(copy=one.copy, fingerprint=one.fingerprint) for one in left}
    return _told(here.bring(scene.point, copies))


def _verify(scene: Scene) -> Proof:
    """Both sites are asked at once: residents wait for the answers."""
    with ThreadPoolExecutor(2) as pool:
        here = pool.submit(scene.files_here.told)
        there = pool.submit(scene.files_there.told) if scene.mode is not Mode.FAILOVER else None
    told = here.result()
    if waiting := [one.server for one in told if not one.serves]:
        return Proof(answer=Answer.UNMET, reason=f"{', '.join(waiting)} waits for its files")
    if not told:
        return Proof(answer=Answer.UNMET, reason=f"no server of {scene.service} is at {scene.mode.here}")
    if there and (busy := [one.server for one in there.result() if one.serves]):
        return Proof(answer=Answer.UNMET, reason=f"{', '.join(busy)} at {scene.mode.there} has not made its last copy")
    return Proof(answer=Answer.MET, reason=_told(told))


def _told(found: tuple[FilesOf, ...]) -> str:
    return "; ".join(
        f"{one.server} has {one.files} files, each verified, as of {one.brought:%Y-%m-%d %H:%M:%S} UTC"
        if one.brought
        else f"{one.server} keeps its files: none of its name was at the other site"
        for one in found
    )


def _undo(scene: Scene) -> str:
    scene.files_here.back()
    try:
        scene.files_there.keep()
    except AstyError as error:
        return (
            f"the files of before are back at {scene.mode.here}; {scene.mode.there} could not be told: {error.problem}"
        )
    return f"the files of before are back at {scene.mode.here}, and {scene.mode.there} serves"


STEP = Step(
    name="files_restored",
    title="The files of {service} are at {here}",
    each=Each.SERVICE,
    order=24,
    modes=REAL,
    approvers=2,
    time_limit=timedelta(minutes=30),
    does="On each host of {service} at {there}, where it can be reached: `python3 /usr/lib/files/files.py leave`. Then"
    " on each at {here}: `python3 /usr/lib/files/files.py bring`, with the `snapshot` that `leave` told, or a moment to"
    " go back to. A copy that was staged with the same `fingerprint` is there already: name both.",
    undoes="On each host at {here}: `python3 /usr/lib/files/files.py back`; on each at {there}: `files.py keep`.",
    verify=_verify,
    do=_do,
    undo=_undo,
    concerns=vaults.keeps_files,
    declared=vaults.has_vault,
)
