"""Zones as Designate's process writes them, for tests."""

from typing import Any

Raw = dict[str, Any]
ZONE = "example.test."


def zone(serial: int, *records: tuple[str, str, int, str], name: str = ZONE, identity: str = "z1") -> Raw:
    return {
        "id": identity,
        "name": name,
        "serial": serial,
        "ttl": 60,
        "soa": f"ns1.lab.invalid. hostmaster.{name} {serial} 3600 600 86400 60",
        "records": [[name, "NS", 60, "ns1.lab.invalid."], *map(list, records)],
    }


def www(address: str, ttl: int = 60) -> tuple[str, str, int, str]:
    return (f"www.{ZONE}", "A", ttl, address)
