"""Lines that boxes with sections have alike, whatever else they are."""

from lab.fleet.config import Config, sections, value
from lab.fleet.dialects.grammar import SectionKind, Setting, address, matching, named, within, word

_LOCATION = matching(r"-?\d{1,3}(\.\d+)?,-?\d{1,2}(\.\d+)?")
TOP = (
    Setting(key="hostname", accepts=matching(r"[A-Za-z][A-Za-z0-9-]{0,62}")),
    Setting(key="snmp-server location", accepts=_LOCATION),
    Setting(key="ntp server", accepts=address, many=True),
    Setting(key="logging host", accepts=address, many=True),
)
_RESERVED = range(1002, 1006)
"""VLANs that IOS keeps for token rings and FDDI."""
_LONGEST_VLAN_NAME = 32


def _is_vlan(number: str) -> bool:
    return within(1, 4094)(number) and int(number) not in _RESERVED


def _is_vlan_name(name: str) -> bool:
    return word(name) and len(name) <= _LONGEST_VLAN_NAME


VLAN = SectionKind(
    keyword="vlan", name=named(_is_vlan), prompt="config-vlan", settings=(Setting(key="name", accepts=_is_vlan_name),)
)


def vlans(config: Config) -> tuple[tuple[int, str], ...]:
    """Number and name of each VLAN section, in order."""
    numbers = sorted(int(header[5:]) for header in sections(config) if header.startswith("vlan "))
    return tuple((number, value(config, f"vlan {number}", "name") or "") for number in numbers)
