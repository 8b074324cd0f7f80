"""To which moments each database can be taken back, as the hosts tell that keep the copies.

A host writes it anew each minute into the file FILE, and whoever may log in reads it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from city.errors import InvalidInput
from drs.observed import Unseen

FILE = "/run/database/points.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Every moment from `begins` to `ends`, from one base copy and the log since then. Sizes in bytes.

    `proven_to` is the moment to which a nightly test restored it; None: no test did yet.
    """

    base: str
    begins: datetime
    ends: datetime
    size: int
    log_size: int
    proven_to: datetime | None = None

    def covers(self, point: datetime) -> bool:
        return self.begins <= point <= self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPoints:
    """What the host of a service's database at a site keeps, the newest base copy first; or why nobody knows."""

    site: str
    service: str
    answer: tuple[Range, ...] | Unseen


def read(text: str) -> tuple[Range, ...] | Unseen:
    """From the text of FILE; Unseen where it is not what a host writes."""
    try:
        return tuple(_range(one) for one in json.loads(text)["points"])
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        return Unseen(reason=f"nobody can read {FILE} of its host: {error}")


def _range(told: Mapping[str, Any]) -> Range:
    proven = told["proven_to"]
    return Range(
        base=str(told["base"]),
        begins=_moment(told["from"]),
        ends=_moment(told["to"]),
        size=int(told["bytes"]),
        log_size=int(told["log_bytes"]),
        proven_to=None if proven is None else _moment(proven),
    )


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no offset from UTC")
    return found.astimezone(UTC)


def point(text: str, now: datetime) -> datetime:
    """A moment that an operator names. Raises InvalidInput for one that is none, or is to come."""
    remedy = "Write it as in 2030-03-31T12:00+02:00; `asty drill points` lists what there is."
    try:
        found = _moment(text)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"point {text}", "it is no moment with an offset from UTC", remedy) from error
    if found > now:
        raise InvalidInput(f"point {text}", "it is to come", remedy)
    return found


def uncovered(asked: Iterable[AskedPoints], services: Iterable[str], wanted: datetime) -> dict[str, str]:
    """Of each of these services that no host can take back to that moment: why."""
    found: dict[str, list[str]] = {service: [] for service in services}
    for one in asked:
        if one.service not in found:
            continue
        if isinstance(one.answer, Unseen):
            found[one.service].append(one.answer.reason)
        elif any(part.covers(wanted) for part in one.answer):
            del found[one.service]
        else:
            found[one.service].append(f"{one.site} has no copy that covers it")
    return {service: "; ".join(why) or "nobody keeps copies of it" for service, why in found.items()}
