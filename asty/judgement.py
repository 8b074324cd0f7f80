"""Readiness and drills as the worker of a workspace judges them, written down for the dashboard.

The file is replaced whole; whoever reads it says how old it is.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from asty import databases, gathering, host_logins, lab_access, secret_references, vaults
from asty.city_data import load
from asty.drill_folder import drills_of
from asty.drill_known import known
from asty.drill_past import every_drill, plans_of
from asty.workspace import Workspace
from city.errors import AstyError
from city.kept import fingerprint_of
from city.model.city import City
from drs.compared import Sites
from drs.drill import talks
from drs.drill.drilled import Drill, drilled
from drs.drill.schedule import Due, schedule
from drs.drill.talks import Talk
from drs.readiness import assess
from drs.readiness_json import gap_json
from drs.report.facts import recovered_json
from drs.report.recovered import recovered
from drs.report.table import as_json, rows
from monitoring.recovery import Recovery, recovery

_LOG = logging.getLogger(__name__)
_SHOWN = 20
"""Older drills are in their journals."""


def file_of(workspace: Workspace) -> Path:
    return workspace.home / "recovery.json"


def reader(workspace: Workspace) -> Callable[[], Recovery | None]:
    """What was judged last; None where nobody has, or what is there cannot be read."""

    def read() -> Recovery | None:
        try:
            return recovery(json.loads(file_of(workspace).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            _LOG.warning("%s cannot be read (%s): readiness is not shown", file_of(workspace), error)
            return None

    return read


def judge(workspace: Workspace, now: datetime) -> None:
    """Look at both sites, and write down how ready they are. Raises AstyError and OSError."""
    city = load(workspace.city_folder)
    stacks = gathering.evidence(city, lab_access.project(workspace, _LOG.info))
    views = gathering.views(city, lab_access.params(workspace).clouds_yaml)
    asked = databases.of_lab(workspace, city), vaults.of_lab(workspace, city)
    sites = gathering.observe(city, stacks, views, now, *asked)
    sites = host_logins.tried(workspace, replace(sites, secrets=secret_references.asked(workspace, city)))
    kept = known(workspace, _LOG.warning)
    told = json.dumps(judged(sites, tuple(every_drill(kept)), talks.read(kept.root)), ensure_ascii=False)
    partial = file_of(workspace).with_suffix(".partial")
    partial.write_text(told, encoding="utf-8")
    partial.replace(file_of(workspace))


def judged(sites: Sites, drills: tuple[Drill, ...], talked: Sequence[Talk] = ()) -> dict[str, Any]:
    """The file's content; its shapes are those of monitoring.recovery."""
    city, now = sites.city, sites.at
    proven = drilled(drills, city, plans_of(city))
    found = assess(replace(sites, drilled=proven if city.drilling.every else ()))
    planned = schedule(city, drills, proven, now, [talk.at for talk in talked])
    due = {one.service: one.at for one in planned if one.service}
    last = {one.service: one for one in proven}
    measured = {row.service: as_json(row) for row in rows(city, drills)}
    return {
        "as_of": now.isoformat(),
        "verdict": found.verdict.value,
        "services": [
            {
                "service": one.service,
                "verdict": one.verdict.value,
                "met": one.met,
                "of": one.of,
                "gaps": [gap_json(gap) for gap in found.gaps if one.service in gap.services],
                "measured": measured[one.service],
                "proven_at": last[one.service].at.isoformat() if one.service in last else None,
                "changed": list(last[one.service].changed) if one.service in last else [],
                "due": due[one.service].isoformat() if one.service in due else None,
            }
            for one in found.services
            if one.service in measured
        ],
        "drills": [_drill(one, city) for one in list(drills)[::-1][:_SHOWN] if one.run.opened],
        "exercises": [_exercise(one) for one in planned if one.exercise],
    }


def _exercise(due: Due) -> dict[str, str | None]:
    last = due.last.isoformat() if due.last else None
    return {"exercise": due.exercise, "last": last, "at": due.at.isoformat()}


def _drill(one: Drill, city: City) -> dict[str, Any]:
    """By the city's data of its day, or where these cannot be read by those of now."""
    opened, closed, declared = one.run.opened, one.run.closed, one.city or city
    known = {service.id for service in declared.services}
    whole = all(task.service in known for task in one.run.plan.tasks if task.service)
    services = recovered(declared, one.run, opened.at) if opened and whole else ()
    return {
        "drill": one.name,
        "mode": one.run.plan.mode,
        "began": opened.at.isoformat() if opened else "",
        "result": "open" if closed is None else "stopped" if one.run.left else "proven",
        "services": [recovered_json(found) for found in services],
    }


def state_of(workspace: Workspace) -> str:
    """Another whenever city, clouds or drills are: the declaration, the stacks' states, and the journals."""
    stacks = sorted((workspace.pulumi / "state" / ".pulumi" / "stacks").rglob("*.json"))
    kept = drills_of(workspace).root
    journals = [file for file in (*sorted(kept.glob("*/journal.jsonl")), talks.file_of(kept)) if file.exists()]
    seen = [f"{file.name} {file.stat().st_mtime_ns}" for file in stacks]
    seen += [f"{file.parent.name} {file.stat().st_size}" for file in journals]
    try:
        return "\n".join([fingerprint_of(workspace.city_folder), *seen])
    except (AstyError, OSError):
        return "\n".join(seen)
