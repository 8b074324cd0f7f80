"""Every platform by its name: each module of this package that is no shared one brings one record."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

import platforms as room
from city.errors import InvalidInput
from city.model.city import City, Device
from platforms.grammar.configuration import Configuration
from platforms.grammar.protocol import Grammar
from platforms.profile import Profile
from platforms.record import DeviceKind, Platform

_FOR_ALL_FAMILIES = frozenset({"fitness", "mibs", "profile", "record", "registry", "variables"})
"""The modules that serve every family, and so bring no record; any other module without one is a mistake."""


@cache
def platforms() -> Mapping[str, Platform]:
    """Raises TypeError for a module without a record, and for two records of one name: mistakes of ours."""
    found: dict[str, Platform] = {}
    for module in iter_modules(room.__path__, "platforms."):
        if not module.ispkg and module.name.rpartition(".")[2] not in _FOR_ALL_FAMILIES:
            record = getattr(import_module(module.name), "PLATFORM", None)
            if not isinstance(record, Platform):
                raise TypeError(f"{module.name} ends in no PLATFORM = Platform(...)")
            if record.name in found:
                raise TypeError(f"{module.name} brings a second platform {record.name}")
            found[record.name] = record
    return MappingProxyType(found)


def names(kind: DeviceKind) -> tuple[str, ...]:
    """What the data may call a device of this kind."""
    return tuple(name for name, known in platforms().items() if known.kind is kind)


def platform(name: str) -> Platform:
    """Raises InvalidInput for a platform that nobody has taught us."""
    known = platforms()
    if name not in known:
        near = get_close_matches(name, known, n=1) or sorted(known)
        raise InvalidInput(f"platform {name}", "nobody has taught us this platform", f"Known: {', '.join(near)}.")
    return known[name]


def grammar(name: str) -> Grammar:
    """How a push talks to devices of this platform. Raises InvalidInput for one that is only polled."""
    found = platform(name).grammar
    if found is None:
        raise InvalidInput(f"platform {name}", "no push is known for it", "Leave its devices out with --select.")
    return found


def profile(name: str) -> Profile:
    """What is read from devices of this platform. Raises InvalidInput for one that is only pushed."""
    found = platform(name).profile
    if found is None:
        raise InvalidInput(f"platform {name}", "nothing is known of what it shows over SNMP", "Add a profile to it.")
    return found


def intended(city: City, device: Device) -> Configuration:
    """The part of a device's configuration that the city decides. Raises InvalidInput naming device and field.

    intended(city, city.device("ap-0001")).lines("interface dot11radio 0")
    -> {"channel 6", "eirp 20", "no shutdown", "wlan free-wifi"}
    """
    intend = platform(device.platform).intend
    if intend is None:
        raise InvalidInput(
            f"device {device.id}, platform", f"no push is known for {device.platform}", "Leave it out with --select."
        )
    return intend(city, device)
