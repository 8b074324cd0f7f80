"""Access points with sections and a timed revert of their own; over SNMP they show RUCKUS-RADIO-MIB."""

from city.model.city import City, Device
from city.model.wireless import EIRP_LIMIT_DBM, Band
from platforms.grammar.blanks import quoted
from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Capabilities
from platforms.grammar.scope import Scope, words
from platforms.grammar.secret import placed
from platforms.grammar.sections import OPEN, SHUT, Sections
from platforms.mibs import INTERFACES, NAMED, OPERATES, SYSTEM
from platforms.profile import Column, Profile, RadioView, Scalar
from platforms.record import DeviceKind, Hardware, Platform, RadioHardware
from platforms.variables import IOS_OWN_VLANS, AccessPointVariables, base_lines, of_access_point, vlan_name


def configuration(v: AccessPointVariables) -> Configuration:
    sections = {TOP: base_lines(v.base)}
    for wlan in v.wlans:
        sections[f"vlan {wlan.vlan}"] = [f"name {vlan_name(wlan.id, wlan.vlan)}"]
        isolation = ["client-isolation"] if wlan.isolated else []
        sections[f"wlan {wlan.id}"] = [
            f"ssid {quoted(wlan.ssid)}",
            f"security {wlan.security.value}",
            f"vlan {wlan.vlan}",
            *isolation,
            *(f"radius-server {server.address}" for server in wlan.radius),
        ]
        for server in wlan.radius:
            key = [] if server.secret is None else [f"key {placed(server.secret)}"]
            sections[f"radius-server {server.address}"] = [f"port {server.port}", *key]
    for hardware, radio in v.radios.items():
        sections[f"interface {hardware}"] = (
            [SHUT]
            if radio is None
            else [
                f"channel {radio.channel}",
                f"eirp {radio.eirp_dbm:g}",
                OPEN,
                *(f"wlan {wlan.id}" for wlan in v.wlans),
            ]
        )
    sections["interface gigabitethernet 0"] = [f"description {v.uplink}", f"management vlan {v.management_vlan}"]
    return GRAMMAR.of(sections)


def _intend(city: City, device: Device) -> Configuration:
    return configuration(of_access_point(city, device, HARDWARE))


GRAMMAR = Sections(
    name="street-ap",
    capabilities=Capabilities(candidate=False, timed_revert=True),
    headers=(r"radius-server \S+", r"vlan \d+", r"wlan \S+", r"interface .+"),
    salted=r"key .+",
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
        "port",
        "key",
        "snmp-server location",
    ),
    scope=(
        Scope(header=TOP, lines=words("hostname", "snmp-server location", "ntp server", "logging host")),
        Scope(header=r"vlan (?!1$)\d+", lines=".*", exclusive=True),
        Scope(header=r"wlan \S+", lines=".*", exclusive=True),
        Scope(header=r"radius-server \S+", lines=words("port")),
        Scope(header=r"interface dot11radio \d+", lines=words("wlan", SHUT, OPEN)),
        Scope(header=r"interface gigabitethernet \d+", lines=words("description", "management vlan")),
    ),
    permanent=r"interface (?:dot11radio|gigabitethernet) .+",
)

_RUCKUS = "1.3.6.1.4.1.25053.1.1"
_CHANNEL = Column(metric="ruckusRadioChannel", oid=f"{_RUCKUS}.12.1.1.1.2.1.4", label="radio")
_POWER = Column(metric="ruckusRadioTxPower", oid=f"{_RUCKUS}.12.1.1.1.2.1.6", label="radio", unit="dB below full")
_SSID = Column(metric="ruckusWLANSSID", oid=f"{_RUCKUS}.6.1.1.1.1.1.1", label="wlan")

PROFILE = Profile(
    scalars=(*SYSTEM, Scalar(metric="ruckusSystemCPUUtil", oid=f"{_RUCKUS}.11.1.1.1.1.0", unit="percent")),
    tables=(
        *INTERFACES,
        NAMED,
        _CHANNEL,
        _POWER,
        Column(metric="ruckusRadioStatsNumSta", oid=f"{_RUCKUS}.12.1.1.1.3.1.2", label="radio"),
        Column(metric="ruckusRadioStatsResourceUtil", oid=f"{_RUCKUS}.12.1.1.1.3.1.15", label="radio", unit="percent"),
        Column(metric="ruckusRadioStatsRxBytes", oid=f"{_RUCKUS}.12.1.1.1.3.1.16", label="radio", unit="octets"),
        Column(metric="ruckusRadioStatsTxBytes", oid=f"{_RUCKUS}.12.1.1.1.3.1.22", label="radio", unit="octets"),
        _SSID,
    ),
    radios=RadioView(
        channel=_CHANNEL,
        state=OPERATES,
        name=NAMED,
        interface="wifi{}",
        ssid=_SSID,
        power=_POWER,
        full_dbm=tuple(EIRP_LIMIT_DBM.items()),
    ),
)

HARDWARE = Hardware(
    port="gigabitethernet 0",
    radios=(
        RadioHardware(name="dot11radio 0", band=Band.GHZ_2_4),
        RadioHardware(name="dot11radio 1", band=Band.GHZ_5),
    ),
)

PLATFORM = Platform(
    name="street-ap",
    kind=DeviceKind.ACCESS_POINT,
    hardware=HARDWARE,
    grammar=GRAMMAR,
    intend=_intend,
    profile=PROFILE,
    own_vlans=IOS_OWN_VLANS,
)
