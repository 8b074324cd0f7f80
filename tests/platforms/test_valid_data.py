"""Whatever `asty check` calls valid can be put on the box, and is then read back as intended: on every platform."""

import re
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from asty.city_data import load
from city.errors import InvalidCity
from city.model.city import City
from city.secrets import Secret
from lab.fleet.dialects.dialect import START
from lab.fleet.fleet import facts_of, new
from lab.fleet.hardware import fleet_hardware
from lab.fleet.registry import families, family
from lab.fleet.state import DeviceState
from network.diff import compare
from platforms.grammar.configuration import Configuration
from platforms.grammar.protocol import Grammar
from platforms.grammar.secret import revealed
from platforms.record import DeviceKind
from platforms.registry import grammar, intended, names
from tests.city.board import EXAMPLE

pytestmark = pytest.mark.slow

POINTS = [name for name in names(DeviceKind.ACCESS_POINT) if name in families()]
SWITCHES = [name for name in names(DeviceKind.SWITCH) if name in families()]
RADIUS = {"open": "", "owe": "", "wpa3-enterprise": ", radius: [{address: 10.1.3.7, port: 1645, secret: 'env:KEY'}]"}
ODD = ["don't", '"quoted"', "what?", "#1", "!bang", "a\\b", "ΔΗΜΟΣ", "📶 free", "x" * 33, "ü" * 17]


@dataclass(frozen=True)
class Declared:
    """Fields as somebody writes them into the data, valid or not."""

    point: str = "ap-0001"
    switch: str = "sw-west-01"
    first: str = "free"
    second: str = "staff"
    ssid: str = "EXAMPLE-FREE"
    security: str = "open"
    other_security: str = "open"
    vlan: int = 110
    management: int = 900
    channel: str = "1"
    channel_5: str = "100"
    eirp: str = "20"
    eirp_5: str = "30"
    isolated: str = "true"


def write(declared: Declared, platform: str) -> Path:
    folder = Path(shutil.copytree(EXAMPLE, Path(mkdtemp(prefix="asty-valid-")) / "example"))
    d, radios = declared, f"{declared.channel},{declared.eirp},{declared.channel_5},{declared.eirp_5},"
    first = (
        f"name: {quoted(d.ssid)}, vlan: {d.vlan}, isolated: {d.isolated}, security: {d.security}{RADIUS[d.security]}"
    )
    second = f"name: OTHER, vlan: 120, security: {d.other_security}{RADIUS[d.other_security]}"
    (folder / "wifi.yaml").write_text(f"{d.first}: {{{first}}}\n{d.second}: {{{second}}}\n", encoding="utf-8")
    edits = {
        "access_points.csv": (
            (r"(?m)^ap-0001,", f"{d.point},"),
            (
                r"(?m)^([^,]+,[^,]+,[^,]+,[^,]+,6,)street-ap(,10.10.0.100,)1,20,100,30,",
                rf"\g<1>{platform}\g<2>{radios}",
            ),
            (r",free staff,", f",{d.first} {d.second},"),
            (r",free,", f",{d.first},"),
            (r"sw-west-01", d.switch),
        ),
        "switches.csv": ((r"sw-west-01", d.switch),),
        "networks.yaml": (
            (r"purpose: wifi, vlan: 110", f"purpose: wifi, vlan: {d.vlan}"),
            (r"(west-management: .*vlan: )900", rf"\g<1>{d.management}"),
        ),
    }
    for file, changes in edits.items():
        text = (folder / file).read_text(encoding="utf-8")
        for old, now in changes:
            text = re.sub(old, now, text)
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@cache
def valid(declared: Declared, platform: str) -> City | None:
    """The city, where `asty check` has nothing against it."""
    folder = write(declared, platform)
    try:
        return load(folder)
    except InvalidCity:
        return None
    finally:
        shutil.rmtree(folder.parent)


def shown(state: DeviceState, known: Grammar) -> Configuration:
    text = family(state.hardware.platform).dialect.answer(state, START, known.show_running, 100.0).text
    return known.parse(text)


def pushed(state: DeviceState, known: Grammar, wanted: Configuration) -> tuple[DeviceState, list[str]]:
    """The box after the commands of a push, typed one after the other, and what it said to them."""
    lines = revealed(compare(known, shown(state, known), wanted).lines, lambda _: Secret("opensesame"))
    dialect, session, said = family(state.hardware.platform).dialect, START, []
    for line in (*known.prepare, *known.arm(lines, 120), *known.apply(lines, 120), *known.confirm(), *known.save()):
        answer = dialect.answer(state, session, line, 100.0)
        state, session = answer.state, answer.session
        said += [f"{line} -> {answer.text}"] if re.search(known.errors, answer.text) else []
    return state, said


def comes_to(city: City, device_id: str, state: DeviceState) -> DeviceState:
    known, wanted = grammar(state.hardware.platform), intended(city, city.device(device_id))
    state, said = pushed(state, known, wanted)
    left = compare(known, shown(state, known), wanted)
    assert not left, [*left.text, *said]
    return state


def box(city: City, device_id: str) -> DeviceState:
    return new(next(hardware for hardware in fleet_hardware(city) if hardware.id == device_id), 0.0)


NAME = st.one_of(
    st.sampled_from(["a", "z9", "x--y", "all", "no", "vlan-1", "the-network-of-the-municipal-library-in-the-old-town"]),
    st.text("abz019-", max_size=62).map(lambda text: f"n{text}0"),
).filter(lambda name: len(name) <= 63)
SSID = st.text("AbZ09._+-  ", min_size=1, max_size=32)
NUMBER = st.one_of(st.integers(1, 4094), st.sampled_from([1, 2, 900, 1001, 1002, 1005, 4094])).filter(
    lambda n: n != 120
)
SECURE = st.sampled_from(["open", *RADIUS, "open"])
DECLARED = st.builds(
    Declared,
    point=NAME,
    switch=NAME,
    first=NAME,
    second=NAME,
    ssid=st.one_of(SSID, SSID, SSID, st.sampled_from([*ODD, "A  B", "A   B.c", "-x", "+", "no", "exit", "MikroTik"])),
    security=SECURE,
    other_security=SECURE,
    vlan=NUMBER,
    management=NUMBER,
    channel=st.integers(1, 14).map(str),
    channel_5=st.sampled_from(["100", "104", "112", "132", "140", "36"]),
    eirp=st.one_of(st.integers(0, 21).map(str), st.sampled_from(["17.5", "17.25", "-3"])),
    eirp_5=st.integers(0, 31).map(str),
    isolated=st.sampled_from(["true", "false"]),
)
TRIED = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], max_examples=20)


@pytest.mark.parametrize("platform", POINTS)
@TRIED
@given(first=DECLARED, second=DECLARED)
def test_what_check_calls_valid_an_access_point_shows_as_intended(
    platform: str, first: Declared, second: Declared
) -> None:
    """From the box as it comes to one declaration, and from there to the next."""
    one, other = valid(first, platform), valid(second, platform)
    assume(one or other)
    state = None
    for city, declared in ((one, first), (other, second)):
        if city is not None:
            state = comes_to(city, declared.point, state or box(city, declared.point))
            sent = {ssid for radio in facts_of(state).radios for ssid in radio.ssids}
            assert sent <= {ssid.name for ssid in city.ssids}, "letter for letter, whatever stands between"
            assert sent or declared.eirp == declared.eirp_5 == "0"


@pytest.mark.parametrize("platform", SWITCHES)
@TRIED
@given(first=DECLARED, second=DECLARED)
def test_what_check_calls_valid_a_switch_shows_as_intended(platform: str, first: Declared, second: Declared) -> None:
    one, other = valid(first, "street-ap"), valid(second, "street-ap")
    assume(one or other)
    state = None
    for city, declared in ((one, first), (other, second)):
        if city is not None:
            assert city.device(declared.switch).platform == platform
            state = comes_to(city, declared.switch, state or box(city, declared.switch))


@pytest.mark.parametrize("platform", POINTS)
@pytest.mark.parametrize("ssid", ODD)
def test_a_name_that_some_platform_could_not_show_is_refused_by_check(platform: str, ssid: str) -> None:
    assert valid(Declared(ssid=ssid), platform) is None
    assert valid(Declared(), platform) is not None
