"""Faults of the link between the sites, in the words that devices' faults have: off, slow, losing; and what ends them.

`link` is the link both ways; `link:SITE` is only what goes to that site.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace

from city.errors import InvalidInput, Refused
from lab.net import agent, weather
from lab.net.weather import Way, Weather
from lab.params import LabParams

LINK = "link"
_FIELDS = {"off": "cut", "latency_s": "delay_s", "loss": "loss"}
"""The change that a fault makes, and the field of a way that has it."""
_BACK, _THERE = "back", "there"


def concerns(target: str) -> bool:
    """Whether a fault's target is the link, or a way of it."""
    return target == LINK or target.startswith(f"{LINK}:")


def fault(params: LabParams, sites: Iterable[str], targets: Iterable[str], changes: Mapping[str, object]) -> None:
    """Make it so; returns when the link is so. `sites` are the ids of the data centre and of the recovery site.

    Raises Refused for a fault that no link has, InvalidInput for a way that leads nowhere.
    """
    if changes.keys() - _FIELDS.keys():
        raise Refused(
            "the link between the sites", f"it cannot be made {', '.join(changes)}", "It can be off, slow and losing."
        )
    fields = {_FIELDS[name]: value for name, value in changes.items()}
    _declare(params, _ways(sites, targets), lambda way: replace(way, **fields))  # type: ignore[arg-type]  # as the fault has it


def clear(params: LabParams, sites: Iterable[str], targets: Iterable[str]) -> None:
    """End every fault of these ways."""
    _declare(params, _ways(sites, targets), lambda _way: Way())


def silence(params: LabParams, site: int, *, silent: bool) -> None:
    """Have the whole line of a site (by index) dead, or alive; returns when it is so, or nobody keeps a network."""
    now = weather.declared(params)
    weather.declare(params, replace(now, silent=now.silent | {site} if silent else now.silent - {site}))
    with contextlib.suppress(OSError):
        agent.tell(params)


def standing(params: LabParams, sites: Iterable[str]) -> dict[str, dict[str, object]]:
    """What holds of each way that is not as it should be, by the name that a fault of it has."""
    now, found = weather.declared(params), {}
    for site, name in zip(sites, (_BACK, _THERE), strict=True):
        changed = {field: value for field, value in asdict(getattr(now, name)).items() if value}
        if changed:
            found[f"{LINK}:{site}"] = changed
    return found


def _ways(sites: Iterable[str], targets: Iterable[str]) -> set[str]:
    by_name = {f"{LINK}:{site}": {way} for site, way in zip(sites, (_BACK, _THERE), strict=True)}
    by_name[LINK] = {_THERE, _BACK}
    found: set[str] = set()
    for target in targets:
        if target not in by_name:
            raise InvalidInput(target, "the link between the sites has no such way", f"Name {' or '.join(by_name)}.")
        found |= by_name[target]
    return found


def _declare(params: LabParams, ways: Iterable[str], change: Callable[[Way], Way]) -> None:
    now = weather.declared(params)
    then = Weather.from_json(now.as_json() | {way: asdict(change(getattr(now, way))) for way in ways})
    weather.declare(params, then)
    try:
        agent.tell(params)
    except OSError as error:
        weather.declare(params, now)
        raise Refused(
            "the link between the sites",
            f"nobody keeps this lab's network ({error.strerror})",
            "Run `asty lab up` with hosts.",
        ) from error
