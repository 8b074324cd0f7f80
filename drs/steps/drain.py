"""Nobody writes to the service's database at the site that it leaves, and the other site has all that was written."""

from datetime import timedelta

from city.errors import AstyError
from drs.check import Answer
from drs.scene import Scene
from drs.step import Each, Mode, Proof, Step, with_database


def _verify(scene: Scene) -> Proof:
    """By the database's own files, and by who tries to reach it from the other site."""
    if not scene.leaving.drained():
        return Proof(answer=Answer.UNMET, reason=f"{scene.there} is not drained")
    witnesses = ["its own files"]
    try:
        silent = scene.ground.reaches(scene.mode.here, scene.mode.there, scene.service)
    except AstyError as error:
        return Proof(
            answer=Answer.MET, reason=f"{scene.there} stands still; {error.problem}", witnesses=("its own files",)
        )
    if not silent:
        return Proof(answer=Answer.UNMET, reason=f"{scene.there} takes connections from {scene.here}")
    reason = f"{scene.there} stands still, {scene.here} has all of it and finds it silent ({silent})"
    return Proof(answer=Answer.MET, reason=reason, witnesses=(*witnesses, "the other site"))


STEP = Step(
    name="drain",
    title="{service} takes no writes at {there}, and {here} has all of them",
    each=Each.SERVICE,
    order=20,
    modes=frozenset({Mode.SWITCHOVER, Mode.FAILBACK}),
    approvers=2,
    time_limit=timedelta(minutes=2),
    does="On the database host of {service} at {there}: stop PostgreSQL, put a file standby.signal into its data; wait"
    " until pg_last_wal_replay_lsn() at {here} is past its latest checkpoint (pg_controldata).",
    undoes="Remove standby.signal at {there} and start PostgreSQL there, unless {here} was promoted.",
    verify=_verify,
    do=lambda scene: scene.leaving.drain(),
    undo=lambda scene: scene.leaving.undrain(),
    concerns=with_database,
    fences=True,
)
