"""Access points that run OpenWrt as it is released: uci, rpcd's timed apply, net-snmp.

Options are those of OpenWrt 23.05's own reference (openwrt.org, docs/guide-user: network/wifi/basic, network/basic,
base-system/system_configuration). A network of residents is a VLAN on the uplink, bridged with its radios and without
an address of the box's own; so residents never meet the box itself. How the box is reached (its own address, country,
driver, password) is set when it is installed, and never touched.

`txpower` is what the radio puts into its antennas, EIRP less their gain. net-snmp shows interfaces (IF-MIB) and the
host (HOST-RESOURCES-MIB); no MIB of it shows what radios send. The kernel's interfaces of a radio show whether it
operates: hostapd makes one for each network, `phy0-ap0` since OpenWrt 23.05, `wlan0` and `wlan0-1` before. OpenWrt
calls a radio `radio0` after `phy0` when it first finds the radio.
"""

from collections.abc import Iterable, Iterator, Sequence

from city.model.city import City, Device
from city.model.wireless import AccessPoint, Band, Radio, Security, Ssid
from platforms.grammar.configuration import Configuration
from platforms.grammar.protocol import Capabilities
from platforms.grammar.scope import Scope
from platforms.grammar.uci import Options, asks_one_server, radius
from platforms.mibs import HOST, INTERFACES, NAMED, OPERATES, SYSTEM
from platforms.profile import InterfaceView, Profile
from platforms.record import DeviceKind, Hardware, Misfit, Platform, RadioHardware
from platforms.variables import AccessPointVariables, Wlan, of_access_point

_UPLINK = "eth0"
_GAIN_DBI = {Band.GHZ_2_4: 3, Band.GHZ_5: 4}
"""Of the antennas of a small outdoor box, as the data sheet of the UAP-AC-M gives them."""
_ENCRYPTION = {Security.OPEN: "none", Security.OWE: "owe", Security.WPA3_ENTERPRISE: "wpa3"}
"""`wpa3` is WPA3-Enterprise; the personal one would be `sae`."""


def configuration(v: AccessPointVariables) -> Configuration:
    sections = {
        "system.@system[0]=system": [
            f"hostname='{v.base.hostname}'",
            f"log_ip='{v.base.syslog_server}'",
            f"notes='{v.base.location}'",
        ],
        "system.ntp=timeserver": [f"server='{' '.join(sorted(v.base.ntp_servers))}'"],
    }
    for vlan in {wlan.vlan for wlan in v.wlans}:
        sections |= _network(vlan)
    for hardware, radio in v.radios.items():
        sections[f"wireless.{hardware}=wifi-device"] = ["disabled='1'"] if radio is None else _radio(radio)
        for wlan in v.wlans if radio is not None else ():
            sections[f"wireless.city_{wlan.id.replace('-', '_')}_{hardware}=wifi-iface"] = _iface(wlan, hardware)
    return Configuration.of(sections)


def _network(vlan: int) -> dict[str, list[str]]:
    return {
        f"network.city_bridge{vlan}=device": [
            f"name='br-city{vlan}'",
            "type='bridge'",
            f"ports='{_UPLINK}.{vlan}'",
        ],
        f"network.city{vlan}=interface": ["proto='none'", f"device='br-city{vlan}'"],
    }


def _radio(radio: Radio) -> list[str]:
    return [
        f"channel='{radio.channel}'",
        f"txpower='{radio.eirp_dbm - _GAIN_DBI[radio.band]:g}'",
        "disabled='0'",
    ]


def _iface(wlan: Wlan, hardware: str) -> list[str]:
    return [
        f"device='{hardware}'",
        "mode='ap'",
        f"network='city{wlan.vlan}'",
        f"ssid='{wlan.ssid}'",
        f"encryption='{_ENCRYPTION[wlan.security]}'",
        f"isolate='{int(wlan.isolated)}'",
        *radius(wlan.radius),
    ]


def _intend(city: City, device: Device) -> Configuration:
    return configuration(of_access_point(city, device, HARDWARE))


def misfits(device: Device, ssids: Sequence[Ssid]) -> Iterable[Misfit]:
    """A radio cannot put less than 1 mW into its antennas, and a network asks one RADIUS server."""
    return (*asks_one_server(device, ssids), *(_too_weak(device) if isinstance(device, AccessPoint) else ()))


def _too_weak(device: AccessPoint) -> Iterator[Misfit]:
    for radio in device.radios:
        least = _GAIN_DBI[radio.band]
        if radio.eirp_dbm < least:
            yield Misfit(
                thing=device,
                field=f"eirp_{radio.band}_dbm",
                problem=f"{radio.eirp_dbm:g} dBm is less than the antennas of openwrt alone give",
                remedy=f"Declare at least {least} dBm.",
            )


GRAMMAR = Options(
    name="openwrt",
    capabilities=Capabilities(candidate=True, timed_revert=True),
    scope=(
        Scope(header=r"system\.@system\[0]=system", lines=r"(?:hostname|log_ip|notes)=.*"),
        Scope(header=r"system\.ntp=timeserver", lines=r"server=.*"),
        Scope(header=r"network\.city_bridge\d+=device", lines=".*", exclusive=True),
        Scope(header=r"network\.city\d+=interface", lines=".*", exclusive=True),
        Scope(header=r"wireless\.\w+=wifi-device", lines=r"disabled=.*"),
        Scope(header=r"wireless\..+=wifi-iface", lines=r"(?!auth_secret=).*", exclusive=True),
    ),
)

HARDWARE = Hardware(
    port=_UPLINK,
    radios=(RadioHardware(name="radio0", band=Band.GHZ_2_4), RadioHardware(name="radio1", band=Band.GHZ_5)),
)

PROFILE = Profile(
    scalars=SYSTEM,
    tables=(*INTERFACES, NAMED, *HOST),
    radios=InterfaceView(
        name=NAMED,
        state=OPERATES,
        pattern=r"phy(\d+)-ap\d+|wlan(\d+)(?:-\d+)?",
        bands=tuple((radio.name.removeprefix("radio"), radio.band) for radio in HARDWARE.radios),
    ),
)

PLATFORM = Platform(
    name="openwrt",
    kind=DeviceKind.ACCESS_POINT,
    hardware=HARDWARE,
    grammar=GRAMMAR,
    intend=_intend,
    profile=PROFILE,
    misfits=misfits,
)
