"""Access points with named options; over SNMP they show UBNT-UniFi-MIB."""

from city.model.city import City, Device
from city.model.wireless import Band, Security
from platforms.grammar.configuration import Configuration
from platforms.grammar.protocol import Capabilities
from platforms.grammar.scope import Scope
from platforms.grammar.uci import Options, asks_one_server, radius
from platforms.mibs import INTERFACES, SYSTEM
from platforms.profile import Column, Profile, RadioView
from platforms.record import DeviceKind, Hardware, Platform, RadioHardware
from platforms.variables import AccessPointVariables, Wlan, of_access_point

_ENCRYPTION = {Security.OPEN: "none", Security.OWE: "owe", Security.WPA3_ENTERPRISE: "wpa3"}
"""As hostapd's options are named in uci: `wpa3` is WPA3-Enterprise, `sae` would be the personal one."""


def configuration(v: AccessPointVariables) -> Configuration:
    sections = {
        "system.host=system": [f"hostname='{v.base.hostname}'", f"location='{v.base.location}'"],
        "system.ntp=timeserver": [f"server='{' '.join(sorted(v.base.ntp_servers))}'"],
        "system.log=log": [f"host='{v.base.syslog_server}'"],
        "network.management=interface": [f"vlan='{v.management_vlan}'"],
        "network.uplink=port": [f"description='{v.uplink}'"],
    }
    for hardware, radio in v.radios.items():
        if radio is None:
            sections[f"wireless.{hardware}=wifi-device"] = ["disabled='1'"]
            continue
        sections[f"wireless.{hardware}=wifi-device"] = [
            f"channel='{radio.channel}'",
            f"eirp='{radio.eirp_dbm:g}'",
            "disabled='0'",
        ]
        for wlan in v.wlans:
            sections[f"wireless.{wlan.id.replace('-', '_')}_{hardware}=wifi-iface"] = _iface(wlan, hardware)
    return Configuration.of(sections)


def _iface(wlan: Wlan, radio: str) -> list[str]:
    return [
        f"device='{radio}'",
        f"ssid='{wlan.ssid}'",
        f"encryption='{_ENCRYPTION[wlan.security]}'",
        f"vlan='{wlan.vlan}'",
        f"isolate='{int(wlan.isolated)}'",
        *radius(wlan.radius),
    ]


def _intend(city: City, device: Device) -> Configuration:
    return configuration(of_access_point(city, device, HARDWARE))


GRAMMAR = Options(
    name="mesh-ap",
    capabilities=Capabilities(candidate=True, timed_revert=True),
    scope=(
        Scope(header=r"system\.host=system", lines=r"(?:hostname|location)=.*"),
        Scope(header=r"system\.ntp=timeserver", lines=r"server=.*"),
        Scope(header=r"system\.log=log", lines=r"host=.*"),
        Scope(header=r"network\.management=interface", lines=r"vlan=.*"),
        Scope(header=r"network\.uplink=port", lines=r"description=.*"),
        Scope(header=r"wireless\.\w+=wifi-device", lines=r"disabled=.*"),
        Scope(header=r"wireless\.\w+=wifi-iface", lines=r"(?!auth_secret=).*", exclusive=True),
    ),
)

_UNIFI = "1.3.6.1.4.1.41112.1.6"
_RADIO = Column(metric="unifiRadioCuTotal", oid=f"{_UNIFI}.1.1.1.6", label="radio", unit="percent")
_CHANNEL = Column(metric="unifiVapChannel", oid=f"{_UNIFI}.1.2.1.4", label="vap")
_BAND = Column(metric="unifiVapRadio", oid=f"{_UNIFI}.1.2.1.9", label="vap")
_SSID = Column(metric="unifiVapEssId", oid=f"{_UNIFI}.1.2.1.6", label="vap")
_POWER = Column(metric="unifiVapTxPower", oid=f"{_UNIFI}.1.2.1.21", label="vap", unit="dBm")
_UP = Column(metric="unifiVapUp", oid=f"{_UNIFI}.1.2.1.22", label="vap")

PROFILE = Profile(
    scalars=SYSTEM,
    tables=(
        *INTERFACES,
        _RADIO,
        _CHANNEL,
        _BAND,
        _SSID,
        Column(metric="unifiVapNumStations", oid=f"{_UNIFI}.1.2.1.8", label="vap"),
        Column(metric="unifiVapRxBytes", oid=f"{_UNIFI}.1.2.1.10", label="vap", unit="octets"),
        Column(metric="unifiVapTxBytes", oid=f"{_UNIFI}.1.2.1.16", label="vap", unit="octets"),
        _POWER,
        _UP,
    ),
    radios=RadioView(
        channel=_CHANNEL,
        band=_BAND,
        bands=(("ng", Band.GHZ_2_4), ("na", Band.GHZ_5)),  # and 6e, which is 6 GHz
        state=_UP,
        ssid=_SSID,
        silent=_RADIO,
        power=_POWER,
    ),
)

HARDWARE = Hardware(
    port="uplink",
    radios=(RadioHardware(name="radio0", band=Band.GHZ_2_4), RadioHardware(name="radio1", band=Band.GHZ_5)),
)

PLATFORM = Platform(
    name="mesh-ap",
    kind=DeviceKind.ACCESS_POINT,
    hardware=HARDWARE,
    grammar=GRAMMAR,
    intend=_intend,
    profile=PROFILE,
    misfits=asks_one_server,
)
