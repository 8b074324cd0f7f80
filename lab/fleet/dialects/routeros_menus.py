"""The menus of RouterOS 7 that an access point with the `wireless` package needs, and what each parameter takes."""

import re

from lab.fleet.config import Config, ConfigLine
from lab.fleet.dialects.menus import Accepts, Console, Menu

RADIOS, PORT = ("wlan1", "wlan2"), "ether1"
_NO_VALUE = "input does not match any value of {}"


def _any(value: str, config: Config) -> str:
    del value, config
    return ""


def _one_of(*allowed: str) -> Accepts:
    return lambda value, _config: "" if value in allowed else _NO_VALUE


def _within(low: int, high: int) -> Accepts:
    def says(value: str, _config: Config) -> str:
        if not re.fullmatch(r"-?\d+", value):
            return "invalid value for argument {}"
        return "" if low <= int(value) <= high else f"value of {{}} out of range ({low}..{high})"

    return says


def _matching(pattern: str) -> Accepts:
    return lambda value, _config: "" if re.fullmatch(pattern, value) else "invalid value for argument {}"


def _named_in(*paths: str, also: tuple[str, ...] = ()) -> Accepts:
    """The name of an item of one of these menus."""

    def says(value: str, config: Config) -> str:
        known = {item.get("name") for path in paths for item in CONSOLE.items(config, path)}
        return "" if value in known or value in also else _NO_VALUE

    return says


_BRIDGE, ETHERNET, _VLAN, WLAN = (f"/interface {kind}" for kind in ("bridge", "ethernet", "vlan", "wireless"))
_PROFILES, SCHEDULER, _ACTIONS = f"{WLAN} security-profiles", "/system scheduler", "/system logging action"
IDENTITY, SNMP = "/system identity", "/snmp"
_interface = _named_in(_BRIDGE, ETHERNET, _VLAN, WLAN)
_YES_NO = _one_of("yes", "no")
_ADDRESS = _matching(r"\d{1,3}(\.\d{1,3}){3}")
CONSOLE = Console(
    {
        _BRIDGE: Menu(
            accepts={"name": _any, "comment": _any, "vlan-filtering": _YES_NO, "disabled": _YES_NO},
            defaults={"vlan-filtering": "no", "disabled": "no"},
        ),
        WLAN: Menu(
            accepts={
                "antenna-gain": _within(0, 4294967295),
                "band": _any,
                "channel-width": _any,
                "comment": _any,
                "country": _any,
                "default-forwarding": _YES_NO,
                "disabled": _YES_NO,
                "hide-ssid": _YES_NO,
                "frequency": _matching(r"auto|\d{4}"),
                "master-interface": _one_of(*RADIOS),
                "name": _any,
                "mode": _one_of("station", "ap-bridge", "bridge", "alignment-only", "station-bridge"),
                "security-profile": _named_in(_PROFILES, also=("default",)),
                "ssid": _matching(r".{0,32}"),
                "tx-power": _within(-30, 40),
                "vlan-id": _within(1, 4095),
                "tx-power-mode": _one_of("default", "card-rates", "all-rates-fixed", "manual-table"),
                "vlan-mode": _one_of("no-tag", "use-tag", "use-service-tag"),
                "wps-mode": _one_of("disabled", "push-button", "push-button-virtual-only"),
            },
            defaults={
                "antenna-gain": "0",
                "channel-width": "20mhz",
                "country": "etsi",
                "default-forwarding": "yes",
                "disabled": "yes",
                "hide-ssid": "no",
                "mode": "station",
                "security-profile": "default",
                "ssid": "MikroTik",
                "tx-power-mode": "default",
                "vlan-id": "1",
                "vlan-mode": "no-tag",
                "wps-mode": "push-button",
            },
            hardware=RADIOS,
            needs=("master-interface",),
        ),
        ETHERNET: Menu(accepts={"comment": _any, "disabled": _YES_NO}, defaults={"disabled": "no"}, hardware=(PORT,)),
        _VLAN: Menu(
            accepts={
                "interface": _interface,
                "name": _any,
                "vlan-id": _within(1, 4094),
                "comment": _any,
                "disabled": _YES_NO,
            },
            defaults={"disabled": "no"},
            needs=("interface", "vlan-id"),
        ),
        _PROFILES: Menu(
            accepts={
                "name": _any,
                "authentication-types": _any,
                "eap-methods": _any,
                "supplicant-identity": _any,
                "mode": _one_of("none", "static-keys-optional", "static-keys-required", "dynamic-keys"),
            },
            defaults={"mode": "none", "eap-methods": "passthrough"},
        ),
        f"{_BRIDGE} port": Menu(
            accepts={"bridge": _named_in(_BRIDGE), "interface": _interface, "pvid": _within(1, 4094), "comment": _any},
            defaults={"pvid": "1"},
            needs=("bridge", "interface"),
        ),
        "/ip address": Menu(
            accepts={"address": _matching(r"\d{1,3}(\.\d{1,3}){3}/\d{1,2}"), "interface": _interface, "comment": _any},
            needs=("address", "interface"),
        ),
        "/ip dhcp-client": Menu(accepts={"interface": _interface, "comment": _any}, needs=("interface",)),
        "/radius": Menu(accepts={"address": _ADDRESS, "service": _any, "secret": _any, "comment": _any}),
        SNMP: Menu(
            accepts={"enabled": _YES_NO, "location": _any, "contact": _any}, defaults={"enabled": "no"}, single=True
        ),
        IDENTITY: Menu(accepts={"name": _any}, defaults={"name": "MikroTik"}, single=True),
        "/system logging": Menu(
            accepts={
                "topics": _any,
                "prefix": _any,
                "action": _named_in(_ACTIONS, also=("memory", "disk", "echo", "remote")),
            },
            defaults={"action": "memory"},
        ),
        _ACTIONS: Menu(
            accepts={"name": _any, "remote": _ADDRESS, "remote-port": _within(0, 65535), "target": _any},
            defaults={"remote-port": "514", "target": "memory"},
            needs=("name",),
        ),
        "/system ntp client": Menu(accepts={"enabled": _YES_NO}, defaults={"enabled": "no"}, single=True),
        "/system ntp client servers": Menu(accepts={"address": _any}, needs=("address",)),
        SCHEDULER: Menu(
            accepts={
                "name": _any,
                "interval": _matching(r"(\d+[wdhms]?)+|\d\d:\d\d:\d\d"),
                "on-event": _any,
                "policy": _any,
                "start-date": _any,
                "start-time": _any,
                "comment": _any,
            },
        ),
    }
)
BOX = frozenset(
    {
        ConfigLine(_BRIDGE, "add comment=defconf name=bridge"),
        *(
            ConfigLine(f"{_BRIDGE} port", f"add bridge=bridge comment=defconf interface={name}")
            for name in (PORT, *RADIOS)
        ),
        ConfigLine("/ip dhcp-client", "add comment=defconf interface=bridge"),
        ConfigLine(SNMP, "set enabled=yes"),
    }
)
"""Out of the box: it can be reached through the bridge, and its radios are disabled."""
