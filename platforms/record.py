"""All that the house needs to know of a family of devices, in one record at the end of the family's module."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from city.model.city import City, Device
from city.model.wired import Network
from city.model.wireless import Band, Radio, Ssid
from platforms.grammar.configuration import Configuration
from platforms.grammar.protocol import Grammar
from platforms.profile import Profile


class DeviceKind(StrEnum):
    """What the city's data declare a device of this family as."""

    ACCESS_POINT = "access point"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioHardware:
    """A radio as the vendor's box names it."""

    name: str
    band: Band


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What the vendor's boxes are made of. `port` names a port, with `{}` for the number that the data give."""

    port: str = ""
    radios: tuple[RadioHardware, ...] = ()

    def radio_of(self, radio: Radio) -> str | None:
        """The hardware that a declared radio is: the one it names, or the first of its band; None where it has none."""
        of_band = [found.name for found in self.radios if found.band is radio.band]
        if radio.hardware:
            return radio.hardware if radio.hardware in of_band else None
        return of_band[0] if of_band else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ansible:
    """The names by which Ansible reaches a device: its collection's operating system and connection."""

    network_os: str
    connection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """A field of a device, an SSID or a network that holds what devices of a family cannot be told."""

    thing: Device | Ssid | Network
    field: str
    problem: str
    remedy: str


def no_misfits(device: Device, ssids: Sequence[Ssid]) -> Iterable[Misfit]:
    """Of a family that takes all that the city's data may declare."""
    del device, ssids
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One family. `grammar` and `intend` come together, or the family is only polled; without `profile` only pushed.

    `intend` gives the part of a device's configuration that the city decides, and raises InvalidInput naming device
    and field. `misfits` tells what the data declare for a device, with the SSIDs that it carries, and cannot be put on
    it: `asty check` shows each at its line. `own_vlans` are those that the boxes keep for themselves.
    """

    name: str
    kind: DeviceKind
    hardware: Hardware
    grammar: Grammar | None = None
    intend: Callable[[City, Device], Configuration] | None = None
    profile: Profile | None = None
    ansible: Ansible | None = None
    own_vlans: frozenset[int] = frozenset()
    misfits: Callable[[Device, Sequence[Ssid]], Iterable[Misfit]] = no_misfits
