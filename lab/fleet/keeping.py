"""Device states on disk, so that a lab that is stopped and started shows the same city.

One row per device in SQLite, written whole: a process that is killed leaves each device as it was
last written. What a device saved is written before it answers that it did.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Self

from lab.fleet.box import Hardware
from lab.fleet.config import Config, ConfigLine
from lab.fleet.faults import Faults
from lab.fleet.registry import family
from lab.fleet.state import Delta, DeviceState, Meter, Revert

_SCHEMA = """
CREATE TABLE IF NOT EXISTS device (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stopped (at REAL NOT NULL);
"""


class Keeping:
    """`with Keeping(file) as keeping`: the file is made with mode 0600 where it is not there."""

    def __init__(self, file: Path) -> None:
        file.touch(mode=0o600)
        self._db = sqlite3.connect(file)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + _SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def write(self, states: Iterable[DeviceState]) -> None:
        with self._db:
            self._db.executemany(
                "INSERT INTO device VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state",
                [(state.hardware.id, json.dumps(as_json(state))) for state in states],
            )

    def read(self, hardware: Iterable[Hardware]) -> dict[str, DeviceState]:
        """Those of these devices that were kept. One that the City changed since counts as new."""
        kept = dict(self._db.execute("SELECT id, state FROM device"))
        found: dict[str, DeviceState] = {}
        for device in hardware:
            if device.id in kept:
                try:
                    found[device.id] = from_json(json.loads(kept[device.id]), device)
                except (ValueError, KeyError):
                    continue
        return found

    def mark_stopped(self, at: float) -> None:
        with self._db:
            self._db.execute("INSERT INTO stopped VALUES (?)", (at,))

    def was_stopped(self) -> bool:
        """Whether the last run ended by being stopped, as opposed to being killed; asking forgets it."""
        with self._db:
            return self._db.execute("DELETE FROM stopped RETURNING at").fetchall() != []


def as_json(state: DeviceState) -> dict[str, object]:
    """Configurations as their device prints them; one that equals another is not written twice."""
    dialect, hardware = family(state.hardware.platform).dialect, state.hardware

    def text(config: Config) -> str:
        return dialect.print(config, hardware)

    return {
        "startup": text(state.startup),
        "running": None if state.running == state.startup else text(state.running),
        "staged": None if state.staged is None else text(state.staged),
        "revert": None if state.revert is None else _revert_as_json(state.revert, text),
        "deltas": [{**asdict(delta), "gone": sorted(delta.gone), "come": sorted(delta.come)} for delta in state.deltas],
        "files": dict(state.files),
        "booted_at": state.booted_at,
        "boots": state.boots,
        "meters": [[list(meter.spans), meter.since] for meter in state.meters],
        "linked": sorted(state.linked),
        "faults": asdict(state.faults),
    }


def from_json(kept: dict[str, object], hardware: Hardware) -> DeviceState:
    """Raises ValueError where this hardware cannot have the configuration that was kept."""
    dialect = family(hardware.platform).dialect

    def config(key: str) -> Config | None:
        return None if kept[key] is None else dialect.parse(str(kept[key]), hardware)

    startup = dialect.parse(str(kept["startup"]), hardware)
    return DeviceState(
        hardware=hardware,
        startup=startup,
        running=config("running") or startup,
        staged=config("staged"),
        revert=_revert(kept["revert"], hardware),
        deltas=_deltas(kept["deltas"]),
        files=_files(kept["files"]),
        booted_at=float(str(kept["booted_at"])),
        boots=int(str(kept["boots"])),
        meters=_meters(kept["meters"], hardware.meters),
        linked=_numbers(kept["linked"]),
        faults=_faults(kept["faults"]),
    )


def _revert_as_json(revert: Revert, text: Callable[[Config], str]) -> dict[str, object]:
    saved = None if revert.saved is None else text(revert.saved)
    return {
        "at": revert.at,
        "to": text(revert.to),
        "saved": saved,
        "session": revert.session,
        "lasts": revert.lasts,
        "reboots": revert.reboots,
    }


def _revert(kept: object, hardware: Hardware) -> Revert | None:
    if not isinstance(kept, dict):
        return None
    dialect = family(hardware.platform).dialect
    saved = None if kept["saved"] is None else dialect.parse(str(kept["saved"]), hardware)
    to = dialect.parse(str(kept["to"]), hardware)
    return Revert(
        at=float(kept["at"]),
        to=to,
        saved=saved,
        session=str(kept["session"]),
        lasts=kept["lasts"] is True,
        reboots=kept["reboots"] is True,
    )


def _deltas(kept: object) -> tuple[Delta, ...]:
    def lines(found: Iterable[Iterable[str]]) -> Config:
        return frozenset(ConfigLine(*line) for line in found)

    deltas = kept if isinstance(kept, list) else []
    return tuple(Delta(**{**one, "gone": lines(one["gone"]), "come": lines(one["come"])}) for one in deltas)


def _files(kept: object) -> dict[str, str]:
    return {str(file): str(content) for file, content in kept.items()} if isinstance(kept, dict) else {}


def _meters(kept: object, count: int) -> tuple[Meter, ...]:
    if not isinstance(kept, list) or len(kept) != count:
        raise ValueError("its radios or ports are others")
    return tuple(Meter(tuple((float(a), float(b)) for a, b in spans), since) for spans, since in kept)


def _numbers(kept: object) -> frozenset[int]:
    return frozenset(map(int, kept)) if isinstance(kept, list) else frozenset()


def _faults(kept: object) -> Faults:
    if not isinstance(kept, dict):
        raise ValueError("faults are a mapping")  # noqa: TRY004 - it is data that is wrong
    return Faults(**{**kept, "rejects": tuple(kept["rejects"])})
