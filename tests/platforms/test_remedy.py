"""The promise of every platform: applying the remedy to the model of the device gives what is intended."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from hypothesis import given
from hypothesis import strategies as st

import platforms as platforms_room
from platforms.grammar.configuration import TOP, Configuration
from platforms.registry import grammar
from tests.platforms import promise

VLAN = st.integers(2, 6)
WORD = st.sampled_from(["free", "staff", "guest", "north 3", "x"])
ID = st.sampled_from(["a", "b", "c-d"])
ADDRESS = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3"])


def one(*formats: str, values: st.SearchStrategy[object] = WORD) -> st.SearchStrategy[list[str]]:
    """For each format a line with some value, or none."""
    lines = [st.none() | values.map(format_.format) for format_ in formats]
    return st.tuples(*lines).map(lambda found: [line for line in found if line])


def some(format_: str, values: st.SearchStrategy[object]) -> st.SearchStrategy[list[str]]:
    return st.lists(values.map(format_.format), unique=True, max_size=3)


def lines(*parts: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    return st.tuples(*parts).map(lambda found: [line for part in found for line in part])


def power() -> st.SearchStrategy[list[str]]:
    return st.sampled_from([["shutdown"], ["no shutdown"]])


def sections(
    always: Iterable[tuple[str, st.SearchStrategy[list[str]]]],
    perhaps: Iterable[tuple[st.SearchStrategy[str], st.SearchStrategy[list[str]]]] = (),
) -> st.SearchStrategy[Configuration]:
    fixed = st.fixed_dictionaries(dict(always))
    varied = [st.dictionaries(name, body, max_size=3) for name, body in perhaps]
    return st.tuples(fixed, *varied).map(
        lambda found: Configuration.of({k: v for part in found for k, v in part.items()})
    )


COMMON = lines(
    one("hostname {}", "snmp-server location {}"), some("ntp server {}", ADDRESS), some("logging host {}", ADDRESS)
)
VLANS = (VLAN.map("vlan {}".format), one("name {}"))
OURS = (VLAN.map("vlan {}".format), ID.map(lambda name: [f"name city:{name}"]))
CONFIGURATIONS = {
    "street-ap": sections(
        [
            (TOP, COMMON),
            ("interface dot11radio 0", lines(one("channel {}", "eirp {}", values=VLAN), some("wlan {}", ID), power())),
            ("interface gigabitethernet 0", lines(one("description {}", "management vlan {}"), power())),
        ],
        [VLANS, (ID.map("wlan {}".format), lines(one("ssid {}", "security {}"), one("vlan {}", values=VLAN)))],
    ),
    "edge-switch": sections(
        [
            (TOP, COMMON),
            (
                "interface gigabitethernet 1/0/1",
                lines(
                    one("description {}", "switchport mode {}"),
                    some("switchport trunk allowed vlan {}", VLAN).map(lambda found: found[:1]),
                    power(),
                ),
            ),
        ],
        [
            OURS,
            (
                VLAN.map("interface vlan {}".format),
                ADDRESS.map(lambda a: ["description city:management", f"ip address {a} 255.255.255.0"]),
            ),
        ],
    ),
    "frr": sections(
        [
            (
                TOP,
                lines(
                    one("log syslog {}", values=st.sampled_from(["informational", "errors"])),
                    some("ip prefix-list city-networks seq 5 permit {}/24", ADDRESS).map(lambda found: found[:1]),
                    some("ip route {}/32 Null0 254", ADDRESS),
                ),
            )
        ]
    ),
    "mesh-ap": sections(
        [
            ("system.host=system", one("hostname='{}'", "location='{}'")),
            (
                "wireless.radio0=wifi-device",
                lines(
                    one("channel='{}'", values=VLAN),
                    st.sampled_from(["0", "1"]).map(lambda off: [f"disabled='{off}'"]),
                ),
            ),
        ],
        [
            (
                st.sampled_from(["wireless.a=wifi-iface", "wireless.b=wifi-iface"]),
                one("ssid='{}'", "vlan='{}'", "device='{}'"),
            )
        ],
    ),
}
STRANGE = {
    "street-ap": {TOP: ["snmp-server community public"], "vlan 1": ["name default"], "line vty": ["login"]},
    "edge-switch": {
        TOP: ["spanning-tree mode rapid-pvst"],
        "interface gigabitethernet 1/0/9": ["shutdown"],
        "interface gigabitethernet 1/0/10": ["description uplink", "switchport mode trunk", "no shutdown"],
        "vlan 300": ["name traffic-lights"],
        "interface vlan 300": ["ip address 10.99.0.1 255.255.255.0"],
        "line vty 0 4": ["exec-timeout 5 0"],
    },
    "frr": {TOP: ["frr version 8.4.4", "ip route 0.0.0.0/0 10.9.0.2"], "interface dum0": ["description x"]},
    "mesh-ap": {"system.led=led": ["name='wan'"], "network.lan=interface": ["proto='static'"]},
}
"""Lines and sections that are not ours."""


@pytest.mark.parametrize("name", CONFIGURATIONS)
@given(data=st.data())
def test_the_remedy_brings_the_device_to_what_is_intended(name: str, data: st.DataObject) -> None:
    before, wanted = data.draw(CONFIGURATIONS[name], "running"), data.draw(CONFIGURATIONS[name], "intended")
    promise.brings_there_and_touches_nothing_else(grammar(name), before, wanted, Configuration.of(STRANGE[name]))


@pytest.mark.parametrize("name", CONFIGURATIONS)
@given(data=st.data())
def test_the_way_back_is_a_remedy_too(name: str, data: st.DataObject) -> None:
    """How a push on a device without a timed revert undoes itself."""
    before, wanted = data.draw(CONFIGURATIONS[name], "running"), data.draw(CONFIGURATIONS[name], "intended")
    promise.leads_back(grammar(name), before, wanted)


@pytest.mark.parametrize("name", CONFIGURATIONS)
@given(data=st.data())
def test_text_is_read_back_to_the_same_value(name: str, data: st.DataObject) -> None:
    promise.reads_what_it_writes(grammar(name), data.draw(CONFIGURATIONS[name]))


def test_every_platform_that_is_pushed_is_held_to_these_promises() -> None:
    """Here, or in the test of its own that came with it."""
    own = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for module in iter_modules(platforms_room.__path__):
        record = getattr(import_module(f"platforms.{module.name}"), "PLATFORM", None)
        if record is not None and record.grammar is not None and record.name not in CONFIGURATIONS:
            assert f"from platforms.{module.name} import" in own
