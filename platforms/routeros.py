"""MikroTik RouterOS 7 on access points with the `wireless` package: a console of menus, MIKROTIK-MIB.

That package knows neither OWE nor WPA3, so the data may put only open networks on this family.
"""

from collections.abc import Iterator, Mapping, Sequence

from city.model.city import City, Device
from city.model.wireless import AccessPoint, Band, Radio, Security, Ssid, frequency_ghz
from platforms.grammar.configuration import Configuration
from platforms.grammar.scope import Scope
from platforms.grammar.terse import Terse
from platforms.mibs import ENABLED, HOST, INTERFACES, SYSTEM
from platforms.profile import Column, Profile, RadioView
from platforms.record import DeviceKind, Hardware, Misfit, Platform, RadioHardware
from platforms.variables import AccessPointVariables, Wlan, of_access_point

_WIRELESS, _BRIDGED = "/interface wireless", "/interface bridge port"
_PROFILES = f"{_WIRELESS} security-profiles"
_IDENTITY, _SNMP = "/system identity", "/snmp"
_NTP, _LOG = "/system ntp client", "/system logging"
_SERVERS, _ACTION = f"{_NTP} servers", f"{_LOG} action"
_GAIN_DBI = 2
"""Of the antennas of a wAP ac, at 2.4 GHz and at 5 GHz (its data sheet)."""


def configuration(v: AccessPointVariables) -> Configuration:
    sections: dict[str, list[str]] = {
        _IDENTITY: [f"name={v.base.hostname}"],
        _SNMP: [f"location={v.base.location}"],
        _NTP: ["enabled=yes"],
        **{f"{_SERVERS} address={server}": [] for server in v.base.ntp_servers},
        f"{_LOG} action=city": ["topics=info"],
        f"{_ACTION} name=city": [f"remote={v.base.syslog_server}", "target=remote"],
        f"{_PROFILES} name=city-open": ["mode=none"],
    }
    for hardware, radio in v.radios.items():
        sections[f"{_WIRELESS} default-name={hardware}"] = ["disabled=yes"]
        if radio is not None:
            sections |= _radio(hardware, radio, v.wlans)
    return Configuration.of(sections)


def _radio(hardware: str, radio: Radio, wlans: Sequence[Wlan]) -> Mapping[str, list[str]]:
    """The first network is the radio's own interface, each other a virtual one on it."""
    own, *others = wlans
    sections = {
        f"{_WIRELESS} default-name={hardware}": [
            f"frequency={frequency_ghz(radio.band, radio.channel) * 1000:.0f}",
            "mode=ap-bridge",
            f"tx-power={radio.eirp_dbm - _GAIN_DBI:g}",
            "tx-power-mode=all-rates-fixed",
            *_network(own),
        ],
        f"{_BRIDGED} interface={hardware}": ["bridge=bridge"],
    }
    for wlan in others:
        name = f"city-{wlan.id}-{hardware}"
        sections[f"{_WIRELESS} name={name}"] = [f"master-interface={hardware}", *_network(wlan)]
        sections[f"{_BRIDGED} interface={name}"] = ["bridge=bridge"]
    return sections


def _network(wlan: Wlan) -> list[str]:
    return [
        f"ssid={wlan.ssid}",
        "security-profile=city-open",
        f"vlan-id={wlan.vlan}",
        "vlan-mode=use-tag",
        f"default-forwarding={'no' if wlan.isolated else 'yes'}",
        "disabled=no",
    ]


def _intend(city: City, device: Device) -> Configuration:
    return configuration(of_access_point(city, device, HARDWARE))


def misfits(device: Device, ssids: Sequence[Ssid]) -> Iterator[Misfit]:
    """A network that the package cannot protect as declared, and a power below what the antennas alone give."""
    for ssid in ssids:
        if ssid.security is not Security.OPEN:
            problem = f"{device.platform} cannot send a network of security {ssid.security}, as {device.id} should"
            remedy = "Let access points of another platform send it, or declare it open."
            yield Misfit(thing=ssid, field="security", problem=problem, remedy=remedy)
    for radio in device.radios if isinstance(device, AccessPoint) else ():
        if radio.eirp_dbm < _GAIN_DBI:
            problem = f"{radio.eirp_dbm:g} dBm is less than the antennas of {device.platform} alone give"
            remedy = f"Declare at least {_GAIN_DBI} dBm."
            yield Misfit(thing=device, field=f"eirp_{radio.band}_dbm", problem=problem, remedy=remedy)


GRAMMAR = Terse(
    name="routeros",
    order=(_IDENTITY, _SNMP, _NTP, _SERVERS, _ACTION, _LOG, _PROFILES, _WIRELESS, _BRIDGED),
    keys={
        _BRIDGED: "interface",
        _SERVERS: "address",
        _LOG: "action",
        "/interface bridge vlan": "vlan-ids",
        "/ip address": "address",
    },
    factory={
        _WIRELESS: {
            "default-forwarding": "yes",
            "disabled": "yes",
            "mode": "station",
            "security-profile": "default",
            "ssid": "MikroTik",
            "tx-power-mode": "default",
            "vlan-id": "1",
            "vlan-mode": "no-tag",
        },
        _PROFILES: {"mode": "none"},
    },
    scope=(
        Scope(header=rf"{_IDENTITY}|{_SNMP}|{_NTP}", lines=r"(?:name|location|enabled)=.*"),
        Scope(header=rf"{_SERVERS} address=.+", lines=".*", exclusive=True),
        Scope(header=rf"{_ACTION} name=city|{_LOG} action=city", lines=".*", exclusive=True),
        Scope(header=rf"{_PROFILES} name=city-\S+", lines=".*", exclusive=True),
        Scope(header=rf"{_WIRELESS} default-name=\S+", lines=r"disabled=.*"),
        Scope(header=rf"{_WIRELESS} name=.+", lines=".*", exclusive=True),
        Scope(header=rf"{_BRIDGED} interface=city-\S+", lines=".*", exclusive=True),
    ),
)

HARDWARE = Hardware(
    port="ether1",
    radios=(RadioHardware(name="wlan1", band=Band.GHZ_2_4), RadioHardware(name="wlan2", band=Band.GHZ_5)),
)

_AP = "1.3.6.1.4.1.14988.1.1.1.3.1"
"""MIKROTIK-MIB, mtxrWlApEntry: a row for each interface that sends a network, by its ifIndex.

Whether it sends is told by ifAdminStatus. ifOperStatus is up only while a client is connected (MikroTik's manual of the
wireless package, disable-running-check), and a radio that nobody uses at night is not shut.
"""

_SSID = Column(metric="mtxrWlApSsid", oid=f"{_AP}.4", label="ifIndex")
_FREQUENCY = Column(metric="mtxrWlApFreq", oid=f"{_AP}.7", label="ifIndex", unit="MHz")
_BAND = Column(metric="mtxrWlApBand", oid=f"{_AP}.8", label="ifIndex")
_BANDS = (
    *((f"2ghz-{modes}", Band.GHZ_2_4) for modes in ("b", "b/g", "b/g/n", "g/n", "onlyg", "onlyn")),
    *((f"5ghz-{modes}", Band.GHZ_5) for modes in ("a", "a/n", "a/n/ac", "n/ac", "onlyn", "onlyac")),
)
"""Each value that `band` of an interface takes (MikroTik's manual of the wireless package)."""

PROFILE = Profile(
    scalars=SYSTEM,
    tables=(
        *INTERFACES,
        ENABLED,
        *HOST,
        Column(metric="mtxrWlApTxRate", oid=f"{_AP}.2", label="ifIndex", unit="bit/s"),
        Column(metric="mtxrWlApRxRate", oid=f"{_AP}.3", label="ifIndex", unit="bit/s"),
        _SSID,
        Column(metric="mtxrWlApClientCount", oid=f"{_AP}.6", label="ifIndex"),
        _FREQUENCY,
        _BAND,
        Column(metric="mtxrWlApNoiseFloor", oid=f"{_AP}.9", label="ifIndex", unit="dBm"),
        Column(metric="mtxrWlApOverallTxCCQ", oid=f"{_AP}.10", label="ifIndex", unit="percent"),
    ),
    radios=RadioView(channel=_FREQUENCY, band=_BAND, bands=_BANDS, state=ENABLED, ssid=_SSID),
)

PLATFORM = Platform(
    name="routeros",
    kind=DeviceKind.ACCESS_POINT,
    hardware=HARDWARE,
    grammar=GRAMMAR,
    intend=_intend,
    profile=PROFILE,
    misfits=misfits,
)
