"""To which moments each service's data can be taken back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from asty import databases
from asty.call import Call, json_option
from asty.city_data import load
from city.errors import ExitCode, InvalidInput
from drs.observed import Unseen
from drs.points import AskedPoints, Range

_UNITS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1000


@click.command("points")
@click.argument("services", metavar="[SERVICE]...", nargs=-1)
@json_option
@click.pass_obj
def command(call: Call, services: tuple[str, ...]) -> ExitCode:
    """List the moments to which each service's database can be taken back, as the hosts tell that keep the copies.

    Every moment of a range can be chosen, with `asty drill run --mode failover --service SERVICE --point MOMENT`. A
    range begins where a base copy was whole, and ends with the log that is kept since; `proven_to` is where a nightly
    test has restored it to. Exit 0 where all hosts told, 4 where one did not.
    JSON: services, each with service, site, reason (null where the host told) and points, the newest base copy first:
    base, from, to, age_s (of `to`), bytes, log_bytes, proven_to.
    """
    city = load(call.prepared().city_folder)
    having = [one.id for one in city.services if one.database and one.workload is not None]
    if strange := sorted(set(services) - set(having)):
        remedy = f"There is {', '.join(having) or 'none'}."
        raise InvalidInput(f"service {strange[0]}", "it has no database in the cloud", remedy)
    with call.screen.step("asking the hosts that keep copies"):
        asked = databases.of_lab(call.prepared(), city).points()
    told = [one for one in asked if not services or one.service in services]
    now = datetime.now(UTC)
    call.screen.result({"services": [_as_json(one, now) for one in told]}, _lines(told, now))
    return ExitCode.UNKNOWN if any(isinstance(one.answer, Unseen) for one in told) else ExitCode.DONE


def _as_json(one: AskedPoints, now: datetime) -> dict[str, Any]:
    known = () if isinstance(one.answer, Unseen) else one.answer
    reason = one.answer.reason if isinstance(one.answer, Unseen) else None
    points = [_range_json(part, now) for part in known]
    return {"service": one.service, "site": one.site, "reason": reason, "points": points}


def _range_json(part: Range, now: datetime) -> dict[str, Any]:
    return {
        "base": part.base,
        "from": part.begins.isoformat(),
        "to": part.ends.isoformat(),
        "age_s": max(0.0, (now - part.ends).total_seconds()),
        "bytes": part.size,
        "log_bytes": part.log_size,
        "proven_to": part.proven_to.isoformat() if part.proven_to else None,
    }


def _lines(told: list[AskedPoints], now: datetime) -> Iterator[str]:
    for one in told:
        if isinstance(one.answer, Unseen):
            yield f"{one.service}: unknown: {one.answer.reason}"
        elif not one.answer:
            yield f"{one.service}: no copy at {one.site} yet"
        else:
            yield f"{one.service}, kept at {one.site}:"
            yield from (f"  {_range(part, now)}" for part in one.answer)


def _range(part: Range, now: datetime) -> str:
    age = max(0, round((now - part.ends).total_seconds() / 60))
    size = f"copy {_size(part.size)}, log {_size(part.log_size)}"
    proven = f"restored as a test to {part.proven_to:%Y-%m-%d %H:%M} UTC" if part.proven_to else "not restored yet"
    when = f"{part.begins:%Y-%m-%d %H:%M:%S} to {part.ends:%Y-%m-%d %H:%M:%S} UTC"
    return f"{when} ({age} min ago; {size}; {proven})"


def _size(count: float) -> str:
    for unit in _UNITS:
        if count < _THOUSAND or unit == _UNITS[-1]:
            break
        count /= _THOUSAND
    return f"{count:.3g} {unit}"
