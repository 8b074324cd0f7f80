"""The fleet's control socket: one JSON object per line in, one out. Only the lab's owner can reach it (0600).

    {"do": "status"}                                       how many devices answer, are settled, have faults
    {"do": "look", "device": "ap-0001"}                    one device's configurations and state
    {"do": "fault", "devices": ["ap-0001"], "set": {...}}  these fields of Faults, the others as they are
    {"do": "clear", "devices": ["ap-0001"]}                no faults any more
    {"do": "reboot", "devices": ["ap-0001"]}

Every answer has `ok`; one that is not ok has `error`.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from city.errors import Failed
from lab import unix_socket
from lab.fleet.faults import NONE
from lab.fleet.fleet import Fleet
from lab.fleet.keeping import as_json

JsonObject = dict[str, object]
Listens = Callable[[str], bool]
"""Whether the device with this id takes connections now."""
SOCKET = "fleet.sock"
_LIMIT = 1 << 20
_PATIENCE_S = 10.0


async def serve(fleet: Fleet, listens: Listens, folder: Path) -> asyncio.Server:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.LimitOverrunError, ValueError):
            while line := await reader.readline():
                writer.write(json.dumps(answer(fleet, listens, line)).encode() + b"\n")
                await writer.drain()
        writer.close()

    listener = unix_socket.listening(folder, SOCKET)
    return await asyncio.start_unix_server(talk, sock=listener, limit=_LIMIT)


def ask(folder: Path, message: JsonObject) -> JsonObject:
    """The fleet's answer. Raises Failed where no fleet answers there, or it refuses."""
    try:
        with socket.socket(socket.AF_UNIX) as connection, unix_socket.short(folder) as short:
            connection.settimeout(_PATIENCE_S)
            connection.connect(str(short / SOCKET))
            with connection.makefile("rw", encoding="utf-8") as lines:
                lines.write(json.dumps(message) + "\n")
                lines.flush()
                found: JsonObject = json.loads(lines.readline())
    except (OSError, ValueError) as error:
        raise Failed("the fleet", f"it does not answer ({error})", "Start it: asty lab up.") from error
    if not found.get("ok"):
        raise Failed("the fleet", str(found.get("error")), "Mend the request.")
    return found


def answer(fleet: Fleet, listens: Listens, line: bytes) -> JsonObject:
    try:
        asked = json.loads(line)
        return {"ok": True, **_do(fleet, listens, asked)}
    except KeyError as error:
        return {"ok": False, "error": f"there is no {error}"}
    except (ValueError, TypeError) as error:
        return {"ok": False, "error": str(error)}


def _do(fleet: Fleet, listens: Listens, asked: Mapping[str, object]) -> JsonObject:
    if asked["do"] == "status":
        return _status(fleet, listens)
    if asked["do"] == "look":
        return _look(fleet, listens, str(asked["device"]))
    named = asked["devices"]
    if not isinstance(named, list) or not named:
        raise ValueError("devices is a list of ids")
    states = [fleet.state(str(device_id)) for device_id in named]
    given = asked.get("set", {})
    change = {"fault": _changes(given), "clear": asdict(NONE), "reboot": None}[str(asked["do"])]
    for state in states:
        if change is None:
            fleet.boot(state.hardware.id)
        else:
            fleet.fail(state.hardware.id, replace(state.faults, **change))
    return {"devices": len(states)}


def _changes(given: object) -> dict[str, object]:
    if not isinstance(given, dict) or not given.keys() <= asdict(NONE).keys():
        raise ValueError(f"set takes {', '.join(asdict(NONE))}")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


def _status(fleet: Fleet, listens: Listens) -> JsonObject:
    ids = list(fleet)
    faulty = {device_id: faults for device_id in ids if (faults := fleet.state(device_id).faults) != NONE}
    return {
        "devices": len(ids),
        "answering": sum(map(fleet.reachable, ids)),
        "settled": sum(_settled(fleet, listens, device_id) for device_id in ids),
        "faults": {device_id: asdict(faults) for device_id, faults in faulty.items()},
    }


def _look(fleet: Fleet, listens: Listens, device_id: str) -> JsonObject:
    state = fleet.state(device_id)
    kept = as_json(state)
    running = kept["startup"] if kept["running"] is None else kept["running"]
    return {
        **kept,
        "running": running,
        "reachable": fleet.reachable(device_id),
        "settled": _settled(fleet, listens, device_id),
        "uptime_s": state.uptime_s(fleet.now()),
        "lines_taken": fleet.taken[device_id],
    }


def _settled(fleet: Fleet, listens: Listens, device_id: str) -> bool:
    """Whether it is as it will stay: it boots no more, and takes connections if it can be reached."""
    return fleet.settled(device_id) and listens(device_id) == fleet.reachable(device_id)
