"""What the journal forgets: whole runs that are over, with the configurations that they kept.

A run is over when each of its devices is confirmed, reverted or refused. Where it left a device unknown, its backup may
be the only way back: the run is kept until a later one confirmed or reverted that device.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from city.errors import Failed
from city.sqlite import durable
from network.stages import FINAL, Stage

_OVER = [stage.value for stage in sorted(FINAL - {Stage.UNKNOWN})]
_SETTLED = [Stage.CONFIRMED.value, Stage.REVERTED.value]
_FORGET = f"""
DELETE FROM pushes WHERE run IN (SELECT run FROM pushes GROUP BY run HAVING max(at) < ?)
AND run NOT IN (SELECT owner FROM leases)
AND run NOT IN (
    SELECT run FROM pushes AS left WHERE stage NOT IN ({", ".join("?" * len(_OVER))})
    AND NOT (stage = ? AND EXISTS (
        SELECT 1 FROM pushes AS later WHERE later.device = left.device AND later.at > left.at
        AND later.stage IN ({", ".join("?" * len(_SETTLED))})
    ))
)
"""  # noqa: S608 - only the number of places is filled in


def forget_runs(journal: Path, before: datetime) -> int:
    """Forget the runs that were over before then; how many devices' entries. Raises Failed where it cannot.

    Nothing is made where there is no journal. What is forgotten is overwritten in the file, as it held configurations.
    """
    if not journal.exists():
        return 0
    moment = before.astimezone(UTC).isoformat(timespec="milliseconds")
    try:
        with closing(sqlite3.connect(journal)) as database:
            durable(database)
            database.execute("PRAGMA secure_delete=ON")
            return database.execute(_FORGET, [moment, *_OVER, Stage.UNKNOWN.value, *_SETTLED]).rowcount
    except sqlite3.Error as error:
        raise Failed(
            f"journal {journal}",
            f"old runs cannot be forgotten ({error})",
            "See whether its disk is full, or who holds it.",
        ) from error
