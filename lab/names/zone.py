"""A zone as values: what Designate declares, what the name server serves, and what it ought to serve next.

Records are kept as record sets (RFC 2181 5): all records of one name and type, with their TTL. Text of records is
compared only with text from the same writer, as Designate and Knot write one value differently.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from city.errors import Refused

RecordSets = Mapping[tuple[str, str], tuple[int, tuple[str, ...]]]
"""By name and type: the TTL in seconds, and the data of each record, sorted."""
_NAME = re.compile(r"(?:[a-z0-9_*](?:[a-z0-9_/-]*[a-z0-9_])?\.)+")
_SERIALS = 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """`records` without the SOA, whose `soa` lacks the serial: names of the primary and of who is responsible, then
    the times."""

    id: str
    name: str
    serial: int
    ttl: int
    soa: tuple[str, str, str]
    records: RecordSets

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        """From what Designate's process wrote. Raises Refused for a name or data that is more than that."""
        rows = [(str(name), str(kind), int(ttl), str(data)) for name, kind, ttl, data in raw["records"]]
        for name, _, _, data in rows:
            _plain(name, data)
        _plain(raw["name"], raw["soa"])
        primary, person, serial, times = str(raw["soa"]).split(None, 3)
        ttl = next((ttl for _, kind, ttl, _ in rows if kind == "SOA"), int(raw["ttl"]))
        return cls(
            id=str(raw["id"]),
            name=str(raw["name"]),
            serial=max(int(raw["serial"]), int(serial)),
            ttl=ttl,
            soa=(primary, person, times),
            records=gathered(row for row in rows if row[1] != "SOA"),
        )

    def text(self, records: RecordSets, serial: int) -> str:
        """As a master file (RFC 1035 5) of this zone with other records and another serial."""
        primary, person, times = self.soa
        lines = [f"{self.name} {self.ttl} IN SOA {primary} {person} {serial} {times}"]
        for (name, kind), (ttl, data) in sorted(records.items()):
            lines += [f"{name} {ttl} IN {kind} {one}" for one in data]
        return "\n".join(lines) + "\n"


def gathered(rows: Iterable[tuple[str, str, int, str]]) -> RecordSets:
    """Record sets of single records: name, type, TTL and data of each. The lowest TTL of a set is the set's."""
    found: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {}
    for name, kind, ttl, data in rows:
        key = (name.lower(), kind)
        least, others = found.get(key, (ttl, ()))
        found[key] = (min(least, ttl), tuple(sorted({*others, data})))
    return found


def merged(before: RecordSets, now: RecordSets, served: RecordSets) -> RecordSets:
    """What to serve once Designate, which declared `before`, declares `now`.

    What Designate changed is as Designate has it. What it left as it was stays as it is served: a name that a
    recovery moved by a dynamic update (RFC 2136) does not fall back because of somebody else's change.
    """
    changed = {key for key in before.keys() | now.keys() if before.get(key) != now.get(key)}
    kept = {key: value for key, value in served.items() if key not in changed}
    return kept | {key: value for key, value in now.items() if key in changed}


def next_serial(declared: int, served: int) -> int:
    """The serial of a zone that is served otherwise than before: Designate's, unless updates are ahead of it."""
    return declared if newer(declared, served) else (served + 1) % _SERIALS


def newer(one: int, other: int) -> bool:
    """Whether a serial comes after another, by serial number arithmetic (RFC 1982 3.2)."""
    return one != other and (one - other) % _SERIALS < _SERIALS // 2


def read_served(text: str) -> tuple[int, RecordSets]:
    """Serial and record sets of what `knotc zone-read` prints: `[zone] name ttl type data`, a line per record."""
    rows = []
    serial = 0
    for line in text.splitlines():
        _, name, ttl, kind, data = line.split(None, 4)
        if kind == "SOA":
            serial = int(data.split()[2])
        else:
            rows.append((name, kind, int(ttl), data))
    return serial, gathered(rows)


def is_name(text: str) -> bool:
    """Whether it is the name of a zone or in one, in full; what is not would say more in a file than a name."""
    return _NAME.fullmatch(text.lower()) is not None


def _plain(name: str, data: str) -> None:
    if not is_name(name):
        raise Refused(f"name {name!r}", "it is no name that a zone may have", "Declare another one.")
    if not data.isprintable():
        raise Refused(f"record of {name}", "its data hold control characters", "Declare other data.")
