"""What a host can be: the folders of playbooks/roles, each with what its hosts promise.

`playbooks/roles/NAME/promises.yml`, which belongs to the role and not to a city:

    packages: [nginx-light]     Debian's names
    runs: [nginx.service]       units of systemd that are active
    listens: [443/tcp]          ports that the role itself opens, whatever a workload declares
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from city.load.defects import Defects
from city.load.kinds import PORT, TEXT, Kind, Unreadable
from city.load.record import Record
from city.load.source import read_yaml

ROLES = Path(__file__).parents[2] / "playbooks" / "roles"
_SPECS = Path("meta", "argument_specs.yml")
Port = tuple[int, Literal["tcp", "udp"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePromises:
    packages: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    listens: tuple[Port, ...] = ()


def known(folder: Path = ROLES) -> frozenset[str]:
    """The roles that say which variables they take; none where the checkout is not at hand."""
    return frozenset(path.parents[1].name for path in folder.glob(f"*/{_SPECS}"))


def promises(roles: Collection[str], folder: Path = ROLES) -> Mapping[str, RolePromises]:
    """What each of these roles promises. Raises InvalidCity with each mistake of their files, at its line."""
    defects = Defects()
    found = {role: _read(folder / role / "promises.yml", defects) for role in roles}
    defects.raise_if_any()
    return found


def _read(path: Path, defects: Defects) -> RolePromises:
    record = Record(f"role {path.parent.name}", read_yaml(path, defects), defects)
    read = RolePromises(
        packages=record.list("packages", TEXT, once=True),
        runs=record.list("runs", TEXT, once=True),
        listens=record.list("listens", OPEN_PORT, once=True),
    )
    record.finish()
    return read


def _port(text: str) -> Port:
    number, _, protocol = text.partition("/")
    if protocol == "tcp":
        return PORT.parse(number), "tcp"
    if protocol == "udp":
        return PORT.parse(number), "udp"
    raise Unreadable(f"{text[:60]!r} is no port", "Write it as in `443/tcp` or `53/udp`.")


OPEN_PORT: Kind[Port] = Kind(_port, (1, "tcp"))
