"""Access points with sections and a timed revert of their own."""

from network.platforms.base import TOP, Capabilities, Scope
from network.platforms.sections import Sections, words

STREET_AP = Sections(
    name="street-ap",
    capabilities=Capabilities(candidate=False, diff=False, timed_revert=True, atomic=False, replace=False),
    headers=(r"vlan \d+", r"wlan \S+", r"interface .+"),
    single=(
        "hostname",
        "name",
        "ssid",
        "security",
        "vlan",
        "channel",
        "eirp",
        "description",
        "management vlan",
        "snmp-server location",
    ),
    scope=(
        Scope(header=TOP, lines=words("hostname", "snmp-server location", "ntp server", "logging host")),
        Scope(header=r"vlan (?!1$)\d+", lines=".*", exclusive=True),
        Scope(header=r"wlan \S+", lines=".*", exclusive=True),
        Scope(header=r"interface dot11radio \d+", lines=words("channel", "eirp", "wlan", "shutdown", "no shutdown")),
        Scope(header=r"interface gigabitethernet \d+", lines=words("description", "management vlan")),
    ),
    permanent=r"interface (?:dot11radio|gigabitethernet) .+",
)
