"""Keeps each zone of a site's name server as Designate declares it, and the updates of a recovery beside it."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from city.errors import AstyError, Failed
from lab.names.endpoint import Endpoint
from lab.names.knot import Control
from lab.names.question import serial as asked
from lab.names.zone import RecordSets, Zone, merged, newer, next_serial
from lab.openstack.folders import write_private

Raw = Mapping[str, Any]


class Keeper:
    """`folder` holds each zone's master file, and as ID.json what Designate declared when it was last taken up."""

    def __init__(self, folder: Path, control: Control, endpoint: Endpoint) -> None:
        self.folder, self._control, self._endpoint = folder, control, endpoint

    def known(self) -> dict[str, str]:
        """The names of the zones that were ever taken up here, by their ids."""
        return {file.stem: str(json.loads(file.read_text("utf-8"))["name"]) for file in self.folder.glob("*.json")}

    def keep(self, raw: Raw) -> dict[str, object]:
        """Serve it so; returns what is to be told: Designate's serial that is served, the one shown, the error."""
        try:
            zone = Zone.read(raw)
            return {"serial": zone.serial, "served": self._keep(zone, raw), "error": ""}
        except AstyError as error:
            return {"serial": 0, "served": 0, "error": str(error)}

    def serves(self, raw: Raw) -> bool:
        """Whether residents are told at least Designate's serial. Costs one datagram."""
        found = asked(self._endpoint, str(raw["name"]))
        return found is not None and not newer(int(raw["serial"]), found)

    def forget(self, identity: str, name: str) -> None:
        """Before the name server loses the zone, or its journal would stay."""
        self._control.forget(name)
        for kind in ("zone", "json"):
            (self.folder / f"{identity}.{kind}").unlink(missing_ok=True)

    def sweep(self, wanted: Collection[str]) -> None:
        """Remove what a kill left of zones that went before they were taken up whole: half of their two files."""
        for file in self.folder.glob("*"):
            identity, _, kind = file.name.partition(".")
            if kind.endswith("new") or (kind == "zone" and identity not in wanted):
                file.unlink(missing_ok=True)

    def _keep(self, zone: Zone, raw: Raw) -> int:
        """The serial that is served once this has been taken up."""
        before = self._before(zone)
        served = self._served(zone)
        if served is None:
            self._serve(zone, zone.records, zone.serial)
            found = zone.serial
        elif before == zone and not newer(zone.serial, served[0]):
            found = served[0]
        else:
            found = next_serial(zone.serial, served[0])
            records = merged(before.records, zone.records, served[1]) if before else zone.records
            self._serve(zone, records, found)
        self._prove(zone, found)
        if before != zone:
            write_private(self.folder / f"{zone.id}.json", json.dumps(raw))
        return found

    def _before(self, zone: Zone) -> Zone | None:
        """As it was declared when it was last taken up."""
        try:
            return Zone.read(json.loads((self.folder / f"{zone.id}.json").read_text("utf-8")))
        except FileNotFoundError:
            return None

    def _served(self, zone: Zone) -> tuple[int, RecordSets] | None:
        """What the name server has; one that has only just started may not have read its files yet."""
        if (found := self._control.served(zone.name)) is None and (self.folder / f"{zone.id}.zone").exists():
            self._control.reload(zone.name)
            found = self._control.served(zone.name)
        return found

    def _serve(self, zone: Zone, records: RecordSets, serial: int) -> None:
        """A file that the name server refuses is taken back, or it would refuse the whole zone at its next start."""
        file = self.folder / f"{zone.id}.zone"
        before = file.read_text("utf-8") if file.exists() else None
        write_private(file, zone.text(records, serial))
        try:
            self._control.reload(zone.name)
        except Failed:
            if before is None:
                file.unlink()
            else:
                write_private(file, before)
            raise

    def _prove(self, zone: Zone, serial: int) -> None:
        found = asked(self._endpoint, zone.name)
        if found is None or newer(serial, found):
            raise Failed(
                f"zone {zone.name}", f"the name server answers with serial {found}, not {serial}", "Read its log."
            )
