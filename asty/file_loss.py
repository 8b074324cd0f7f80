"""How much of the files of services without a database a drill lost: what their hosts say of the copies brought."""

from collections.abc import Iterator
from datetime import UTC, datetime

from city.errors import AstyError
from city.model.city import City
from drs.drill.entry import Measured
from drs.drill.known import Stage
from drs.drill.run import Run
from drs.hands.ground import Ground
from drs.mode import Mode
from drs.steps.files_restored import STEP


def measured(city: City, ground: Ground, run: Run, by: str) -> Iterator[Measured]:
    """One for each service whose files were seen to be brought in this drill, and of which no marks tell the loss of
    records. That somebody answered for the step says nothing of the files."""
    tasks = (task for task in run.plan.tasks if task.step == STEP.name)
    done = (task.service for task in tasks if run.known(task.id).stage is Stage.PROVEN)
    for service in done:
        if not city.service(service).database and (found := _measured(ground, run, service, by)):
            yield found


def _measured(ground: Ground, run: Run, service: str, by: str) -> Measured | None:
    mode = Mode(run.plan.mode)
    try:
        told = [one for one in ground.files(mode.here, service).told() if one.brought]
    except AstyError:
        return None
    oldest = min((one.brought for one in told if one.brought), default=None)
    if oldest is None or run.opened is None or (mode is Mode.FAILOVER and oldest > run.opened.at):
        return None  # of a copy that is younger than the drill: the site went on, and nobody knows for how long
    lost_s, how = 0.0, "each server made its last copy once its programs had ended"
    if mode is Mode.FAILOVER:
        lost_s = (run.opened.at - oldest).total_seconds()
        how = (
            f"the oldest copy that was brought is of {oldest:%Y-%m-%d %H:%M:%S} UTC: lost is what came until the drill"
        )
    return Measured(
        at=datetime.now(UTC),
        by=by,
        service=service,
        downtime_s=None,
        acknowledged=None,
        lost=None,
        lost_s=lost_s,
        how=how,
    )
