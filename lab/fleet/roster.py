"""Which devices the fleet process serves, as a file: it needs neither the City nor its loader's memory."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from city.model.wireless import Band
from lab.fleet.box import Hardware


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """`code` tells one version of the fleet from another."""

    code: str
    zone: ZoneInfo
    devices: tuple[Hardware, ...]


def write(roster: Roster, file: Path) -> None:
    devices = [{**asdict(device), "mac": device.mac.hex()} for device in roster.devices]
    partial = file.with_suffix(".tmp")
    content = {"code": roster.code, "zone": roster.zone.key, "devices": devices}
    partial.write_text(json.dumps(content) + "\n", encoding="utf-8")
    partial.replace(file)


def read(file: Path) -> Roster:
    kept = json.loads(file.read_text(encoding="utf-8"))
    devices = tuple(map(_hardware, kept["devices"]))
    return Roster(code=str(kept.get("code")), zone=ZoneInfo(kept["zone"]), devices=devices)


def _hardware(kept: dict[str, object]) -> Hardware:
    def text(key: str) -> str:
        return str(kept[key])

    def number(key: str) -> int:
        return int(str(kept[key]))

    def items(key: str) -> Sequence[object]:
        found = kept[key]
        return found if isinstance(found, list) else []

    pairs = [pair for pair in items("neighbours") if isinstance(pair, list)]
    return Hardware(
        id=text("id"),
        platform=text("platform"),
        index=number("index"),
        serial=text("serial"),
        mac=bytes.fromhex(text("mac")),
        bands=tuple(Band(str(band)) for band in items("bands")),
        ports=number("ports"),
        neighbours=tuple((int(str(port)), str(neighbour)) for port, neighbour in pairs),
        upstream=text("upstream"),
        upstream_port=number("upstream_port"),
        tags=tuple(map(str, items("tags"))),
    )
