"""What a scheduler of RouterOS will do when its interval is over: run a script, or load a backup and start anew."""

import re
from collections.abc import Mapping
from dataclasses import replace

from lab.fleet.config import Config
from lab.fleet.dialects.menus import Refused
from lab.fleet.dialects.routeros_menus import CONSOLE, SCHEDULER
from lab.fleet.state import DeviceState, Revert

_UNITS_S: Mapping[str, int] = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1, "": 1}
_LOADS = re.compile(r"/?system[ /]backup[ /]load name=\"?(?P<name>[\w.-]+)\"?( password=\S*)?")


def _seconds(interval: str) -> int:
    if ":" in interval:
        hours, minutes, seconds = map(int, interval.split(":"))
        return hours * 3600 + minutes * 60 + seconds
    return sum(int(number) * _UNITS_S[unit] for number, unit in re.findall(r"(\d+)([wdhms]?)", interval))


def scheduled(state: DeviceState, now: float) -> DeviceState:
    """What the first scheduler will do is known at any moment: run its script on what runs now, or load a backup."""
    timers = [item for item in CONSOLE.items(state.running, SCHEDULER) if _seconds(item.get("interval", "0s"))]
    if not timers:
        return replace(state, revert=None)
    at = now + _seconds(timers[0]["interval"]) if state.revert is None else state.revert.at
    source = timers[0].get("on-event", "")
    loaded = _LOADS.fullmatch(source)
    if loaded is None:
        after = _script(state.running, source)
    else:
        kept = state.files.get(f"{loaded['name']}.backup")
        after = state.running if kept is None else CONSOLE.parse(kept)
    reboots = loaded is not None and f"{loaded['name']}.backup" in state.files
    return replace(state, revert=Revert(at=at, to=after, saved=after, lasts=True, reboots=reboots))


def _script(config: Config, source: str) -> Config:
    """Its commands in turn, up to the first that fails."""
    menu = ""
    for line in filter(None, map(str.strip, re.split(r";|\r?\n", source))):
        if menu_of(line, menu) in CONSOLE.menus:
            menu = menu_of(line, menu)
            continue
        try:
            config = CONSOLE.changed(config, line, menu)
        except Refused:
            return config
    return config


def menu_of(line: str, at: str) -> str:
    """The menu that a line names, typed in the menu `at`."""
    words = " ".join(line.replace("/", " ").split())
    return f"/{words}" if line.startswith("/") else f"{at} {words}"
