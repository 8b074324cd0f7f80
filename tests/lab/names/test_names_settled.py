"""When Designate is told that a zone is served, beside a client that adds records at that very moment."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lab.openstack.drivers.designate_served import Served

ZONE = "00000000-0000-0000-0000-000000000001"


class Central:
    """Of Designate's: a record belongs to the serial that its zone has next, and a word on a serial settles all of it
    (designate.central.service, update_status)."""

    def __init__(self) -> None:
        self.zone = SimpleNamespace(
            id=ZONE, name="example.test.", serial=1, ttl=60, status="PENDING", action="UPDATE", increment_serial=False
        )
        self.records = {"ns": 1}
        self.pending = {"ns"}
        self.meanwhile: str = ""
        self.storage = self
        self.told = 0

    def find_zones(self, _context: object, criterion: dict[str, Any]) -> list[SimpleNamespace]:
        if criterion.get("increment_serial"):
            return [self.zone] if self.zone.increment_serial else []
        return [self.zone]

    def increment_zone_serial(self, _context: object, zone: SimpleNamespace) -> None:
        zone.serial, zone.increment_serial = zone.serial + 1, False

    def find_recordsets_axfr(self, _context: object, _criterion: object) -> list[tuple[object, ...]]:
        return [("", "SOA", 60, "example.test.", "ns. host. 1 2 3 4 5", ""), *(
            ("", "A", 60, f"{name}.example.test.", "10.0.0.1", "") for name in self.records
        )]  # fmt: skip

    def update_status(self, _context: object, _zone: str, _status: str, serial: int) -> None:
        """What is added meanwhile is added first: the word comes from who looked before."""
        self.told += 1
        if self.meanwhile:
            self.records[self.meanwhile] = self.zone.serial + 1
            self.pending.add(self.meanwhile)
            self.zone.status, self.zone.increment_serial, self.meanwhile = "PENDING", True, ""
        self.zone.status = "ACTIVE"
        self.pending -= {name for name, of in self.records.items() if of <= serial}


def served(central: Central, tmp_path: Path) -> Served:
    """With a name server that takes up at once what it is handed."""
    wanted: dict[str, Any] = {"zones": []}
    found = Served(central, None, tmp_path)
    read = lambda: {"zones": {one["id"]: {"serial": one["serial"], "error": ""} for one in wanted["zones"]}}  # noqa: E731 - a stand-in
    found._exchange = SimpleNamespace(  # type: ignore[assignment]
        told=SimpleNamespace(news=lambda: False, read=read), wanted=SimpleNamespace(write=wanted.update)
    )
    return found


def test_a_record_that_came_between_the_look_and_the_word_is_settled_by_the_next_one(tmp_path: Path) -> None:
    central = Central()
    central.meanwhile = "www"
    rounds = served(central, tmp_path)
    rounds.round()
    assert central.pending == {"www"} and central.zone.status == "ACTIVE", "so Designate says of it"
    rounds.round()
    assert central.pending == set()


def test_of_a_zone_that_is_served_nothing_is_told_again(tmp_path: Path) -> None:
    central = Central()
    rounds = served(central, tmp_path)
    for _ in range(3):
        rounds.round()
    assert central.told == 1
