"""Zones that are really served: Designate's database on one side, the agent of the site's name server on the other.

In place of Designate's producer and worker. What Designate holds goes to the agent (lab.names) over a folder; a zone is
ACTIVE once the agent tells that the name server answers with its serial, ERROR where the agent tells that it cannot,
and a deleted one goes once the name server has let go of it. While no agent runs, zones stay pending.
"""
# ruff: noqa: ANN401 - what OpenStack hands over is untyped

import logging
import threading
import time
from pathlib import Path
from typing import Any

from lab.openstack.drivers.exchange import Exchange

LOG = logging.getLogger(__name__)
_PERIOD_S = 0.5
_WHOLE_S = 30.0
"""Between two looks at everything, whatever anybody said."""
_UNSETTLED = {"PENDING", "ERROR"}


class Served:
    """Level-triggered: each round compares what Designate holds with what the agent told last."""

    def __init__(self, central: Any, context: Any, folder: Path) -> None:
        self._central, self._context = central, context
        self._exchange = Exchange(folder)
        self._exchange.open()
        self._whole_at = 0.0
        self._settled: dict[str, int] = {}
        """Up to which serial of a zone Designate was told that it is served."""

    def start(self) -> None:
        threading.Thread(target=self._run, name="zones", daemon=True).start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(_PERIOD_S):
            try:
                self.round()
            except Exception:  # the next round tries again; a zone that stays pending shows it
                LOG.exception("zones could not be handed on")

    def round(self) -> None:
        """Over at once where every zone is settled and nobody told anything."""
        self._increment()
        unsettled = [zone for zone in self._central.find_zones(self._context, {}) if self._is_unsettled(zone)]
        heard, whole = self._exchange.told.news(), time.monotonic() >= self._whole_at
        if unsettled or heard or whole:
            self._exchange.wanted.write({"zones": [self._declared(zone) for zone in self._standing()]})
            self._settle(unsettled)
        if whole:
            self._whole_at = time.monotonic() + _WHOLE_S

    def _is_unsettled(self, zone: Any) -> bool:
        """A record that came between our look at its zone and our word on it is pending in a zone that is not."""
        return zone.status in _UNSETTLED or self._settled.get(str(zone.id), -1) < int(zone.serial)

    def _increment(self) -> None:
        """The producer's task: a changed zone gets its next serial number."""
        for zone in self._central.find_zones(self._context, {"increment_serial": True}):
            if zone.action != "DELETE":
                self._central.increment_zone_serial(self._context, zone)

    def _standing(self) -> list[Any]:
        zones = self._central.find_zones(self._context, {})
        return sorted((zone for zone in zones if zone.action != "DELETE"), key=lambda zone: str(zone.id))

    def _declared(self, zone: Any) -> dict[str, Any]:
        """As Designate's own name server for transfers reads it (designate.mdns): what is being deleted is left out."""
        rows = self._central.storage.find_recordsets_axfr(self._context, {"zone_id": zone.id})
        records = sorted(
            [str(name), str(kind), int(zone.ttl if ttl is None else ttl), str(data)]
            for _, kind, ttl, name, data, _ in rows
        )
        return {
            "id": str(zone.id),
            "name": str(zone.name),
            "serial": int(zone.serial),
            "ttl": int(zone.ttl),
            "soa": next(data for _, kind, _, data in records if kind == "SOA"),
            "records": records,
        }

    def _settle(self, unsettled: list[Any]) -> None:
        told = self._exchange.told.read()
        if told is None:
            return
        for zone in unsettled:
            found = told["zones"].get(str(zone.id))
            if zone.action == "DELETE":
                if found is None:
                    self._report(zone, "SUCCESS", zone.serial)
            elif found is not None and found["error"]:
                if zone.status != "ERROR":
                    LOG.error("zone %s: %s", zone.name, found["error"])
                    self._report(zone, "ERROR", zone.serial)
            elif found is not None and found["serial"] >= zone.serial:
                self._report(zone, "SUCCESS", found["serial"])

    def _report(self, zone: Any, status: str, serial: int) -> None:
        self._central.update_status(self._context, zone.id, status, serial)
        if status == "SUCCESS":
            self._settled[str(zone.id)] = int(serial)


class Silent:
    """The worker that central calls: what it is told is in the database, too, and found there in the next round."""

    def create_zone(self, _context: Any, zone: Any) -> None:
        """Nothing to do now."""

    def update_zone(self, _context: Any, zone: Any) -> None:
        """Nothing to do now."""

    def delete_zone(self, _context: Any, zone: Any, hard_delete: bool = False) -> None:  # noqa: FBT001, FBT002 - Designate's signature
        """Nothing to do now."""
