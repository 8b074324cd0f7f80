"""What a device should be, from the City: pure, one function per platform, nothing optional.

intended(city, city.device("ap-0001")).lines("interface dot11radio 0")
-> {"channel 6", "eirp 20", "no shutdown", "wlan free-wifi"}
"""

from city.errors import InvalidInput
from city.model.city import City, Device
from city.model.wired import Switch
from city.model.wireless import AccessPoint, Security
from network.platforms.base import TOP, Configuration
from network.platforms.frr import DISCARD_DISTANCE, PREFIX_LIST
from network.variables import (
    AccessPointVariables,
    Base,
    RouterVariables,
    SwitchVariables,
    Wlan,
    of_access_point,
    of_router,
    of_switch,
)

_UCI_ENCRYPTION = {Security.OPEN: "none", Security.OWE: "owe", Security.WPA3_ENTERPRISE: "wpa3"}
"""As hostapd's options are named in uci: `wpa3` is WPA3-Enterprise, `sae` would be the personal one."""


def intended(city: City, device: Device) -> Configuration:
    """The part of a device's configuration that the City decides. Raises InvalidInput naming device and field."""
    match device, device.platform:
        case AccessPoint(), "street-ap":
            return street_ap(of_access_point(city, device))
        case AccessPoint(), "mesh-ap":
            return mesh_ap(of_access_point(city, device))
        case Switch(), "edge-switch":
            return edge_switch(of_switch(city, device))
        case Switch(), "frr":
            return frr(of_router(city, device))
        case _:
            raise InvalidInput(
                f"device {device.id}, platform",
                f"no configuration is known for a {type(device).__name__} of {device.platform!r}",
                "Mend its platform in the city's data; nothing was pushed anywhere.",
            )


def street_ap(v: AccessPointVariables) -> Configuration:
    sections = {TOP: _common(v.base)}
    for wlan in v.wlans:
        sections[f"vlan {wlan.vlan}"] = [f"name {wlan.id}"]
        isolation = ["client-isolation"] if wlan.isolated else []
        sections[f"wlan {wlan.id}"] = [
            f"ssid {wlan.ssid}",
            f"security {wlan.security.value}",
            f"vlan {wlan.vlan}",
            *isolation,
        ]
    for index, radio in enumerate(v.radios):
        sections[f"interface dot11radio {index}"] = [
            f"channel {radio.channel}",
            f"eirp {radio.eirp_dbm:g}",
            "no shutdown",
            *(f"wlan {wlan.id}" for wlan in v.wlans),
        ]
    sections["interface gigabitethernet 0"] = [f"description {v.uplink}", f"management vlan {v.management_vlan}"]
    return Configuration.of(sections)


def mesh_ap(v: AccessPointVariables) -> Configuration:
    sections = {
        "system.host=system": [f"hostname='{v.base.hostname}'", f"location='{v.base.location}'"],
        "system.ntp=timeserver": [f"server='{' '.join(sorted(v.base.ntp_servers))}'"],
        "system.log=log": [f"host='{v.base.syslog_server}'"],
        "network.management=interface": [f"vlan='{v.management_vlan}'"],
        "network.uplink=port": [f"description='{v.uplink}'"],
    }
    for index, radio in enumerate(v.radios):
        sections[f"wireless.radio{index}=wifi-device"] = [
            f"channel='{radio.channel}'",
            f"eirp='{radio.eirp_dbm:g}'",
            "disabled='0'",
        ]
        for wlan in v.wlans:
            sections[f"wireless.{wlan.id.replace('-', '_')}_radio{index}=wifi-iface"] = _iface(wlan, index)
    return Configuration.of(sections)


def edge_switch(v: SwitchVariables) -> Configuration:
    sections = {TOP: _common(v.base)}
    sections |= {f"vlan {vlan}": [f"name {name}"] for vlan, name in v.vlans}
    for trunk in v.trunks:
        sections[f"interface gigabitethernet 1/0/{trunk.port}"] = [
            f"description {trunk.device}",
            "switchport mode trunk",
            f"switchport trunk native vlan {v.management.vlan}",
            f"switchport trunk allowed vlan {','.join(map(str, trunk.vlans))}",
            "no shutdown",
        ]
    address = f"ip address {v.address.ip} {v.address.netmask}"
    sections[f"interface vlan {v.management.vlan}"] = [address]
    return Configuration.of(sections)


def frr(v: RouterVariables) -> Configuration:
    """A router of a site: it knows the site's networks by name, and drops what strays of them.

    The discard routes lose against any connected or learnt route (the distance says so); without
    them a packet to a network that is down follows the default route out and may come back. The
    management network has none: a mistake there must not cut off the hand that mends it.
    """
    sequence = sorted(v.networks, key=lambda network: network.cidr)
    discarded = [n for n in sequence if n.purpose.value != "management"]
    return Configuration.of(
        {
            TOP: [
                "log syslog informational",
                *(f"ip prefix-list {PREFIX_LIST} seq {n.vlan} permit {n.cidr}" for n in sequence),
                *(f"ip route {n.cidr} Null0 {DISCARD_DISTANCE}" for n in discarded),
            ]
        }
    )


def _common(base: Base) -> list[str]:
    return [
        f"hostname {base.hostname}",
        f"snmp-server location {base.location}",
        *(f"ntp server {server}" for server in base.ntp_servers),
        f"logging host {base.syslog_server}",
    ]


def _iface(wlan: Wlan, radio: int) -> list[str]:
    return [
        f"device='radio{radio}'",
        f"ssid='{wlan.ssid}'",
        f"encryption='{_UCI_ENCRYPTION[wlan.security]}'",
        f"vlan='{wlan.vlan}'",
        f"isolate='{int(wlan.isolated)}'",
    ]
