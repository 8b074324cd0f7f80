"""The devices that both sides of a pair work on: Thessaloniki's fleet, on addresses of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path

from city.inventory import Inventory
from city.load import load
from city.model.city import City
from lab.fleet import process, reach
from lab.params import LabParams

ROOT = "ASTY_BENCH_ROOT"
REPOSITORY = Path(__file__).parents[2]


def city() -> City:
    return load(REPOSITORY / "cities" / "thessaloniki")


def params() -> LabParams:
    """Of the fleet in the folder that ASTY_BENCH_ROOT names; its sides find it there too."""
    return LabParams(
        name="bench", root=Path(os.environ[ROOT]), base_port=27_000, base_address=IPv4Address("127.120.0.0")
    )


def inventory(of: City) -> Inventory:
    return reach.inventory(params(), of)


@contextmanager
def running() -> Iterator[None]:
    """The fleet, up for as long as the block runs."""
    process.up(params(), city(), print)
    try:
        yield
    finally:
        process.down(params())
