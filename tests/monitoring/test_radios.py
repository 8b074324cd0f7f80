"""What the ledger is told of each radio, from what its device showed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.load import load
from city.model.wireless import Band
from lab.fleet.fleet import facts_of
from lab.fleet.hardware import fleet_hardware
from lab.fleet.polling import curves_of
from lab.fleet.registry import family
from lab.fleet.roster import Roster
from lab.fleet.state import DeviceState
from lab.fleet.views.layout import layout
from lab.fleet.views.moment import Moment
from lab.fleet.views.shape import shape
from monitoring.answers import readings, words
from monitoring.coverage.share import coverage, footprints
from monitoring.ledger.intervals import Observation, State
from monitoring.radio_condition import NO_NETWORK_SHOWN, NOT_FOR_EVERYBODY, NOT_SHOWN, SHUT, UP, Condition
from monitoring.radios import judge, observations
from network.intent import intended
from platforms.registry import grammar, profile
from snmp.pdu import Kind, Value, VarBind
from tests.lab.fleet.devices import boxed, tell
from tests.monitoring.measured import RULE
from tests.monitoring.walked import walked

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)

EXAMPLE = load(Path(__file__).parents[2] / "cities" / "example")
PRINTS = footprints(EXAMPLE, RULE)
HARDWARE = {hardware.id: hardware for hardware in fleet_hardware(EXAMPLE)}
ROSTER = Roster(code="1", zone=ZoneInfo("Europe/Athens"), devices=tuple(HARDWARE.values()))
STREET_AP, MESH_AP = "ap-0001", "ap-0003"
"""Both carry the free network and that of the staff, on channels of both bands."""


def judged(ap: str, answers: list[VarBind]) -> tuple[Condition, Condition]:
    """Of the radio at 2.4 GHz and the one at 5 GHz; what was not shown of them is as an observation has it."""
    device = EXAMPLE.device(ap)
    asked = profile(device.platform)
    found = judge(EXAMPLE, device, readings(asked, answers), words(asked, answers))
    return found[Band.GHZ_2_4], found[Band.GHZ_5]


# In the form of `snmpwalk -On`: what the two platforms show of radios, with both networks on both
RUCKUS = """
.1.3.6.1.2.1.31.1.1.1.1.1 = STRING: "eth0"
.1.3.6.1.2.1.31.1.1.1.1.2 = STRING: "wifi0"
.1.3.6.1.2.1.31.1.1.1.1.3 = STRING: "wifi1"
.1.3.6.1.2.1.2.2.1.8.1 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.8.2 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.8.3 = INTEGER: up(1)
.1.3.6.1.4.1.25053.1.1.6.1.1.1.1.1.1.1 = STRING: "EXAMPLE-FREE"
.1.3.6.1.4.1.25053.1.1.6.1.1.1.1.1.1.2 = STRING: "EXAMPLE-STAFF"
.1.3.6.1.4.1.25053.1.1.6.1.1.1.1.1.1.3 = STRING: "EXAMPLE-FREE"
.1.3.6.1.4.1.25053.1.1.6.1.1.1.1.1.1.4 = STRING: "EXAMPLE-STAFF"
.1.3.6.1.4.1.25053.1.1.12.1.1.1.2.1.4.1 = INTEGER: 1
.1.3.6.1.4.1.25053.1.1.12.1.1.1.2.1.4.2 = INTEGER: 100
"""
UNIFI = """
.1.3.6.1.4.1.41112.1.6.1.1.1.6.1 = INTEGER: 9
.1.3.6.1.4.1.41112.1.6.1.1.1.6.2 = INTEGER: 9
.1.3.6.1.4.1.41112.1.6.1.2.1.4.1 = INTEGER: 11
.1.3.6.1.4.1.41112.1.6.1.2.1.4.2 = INTEGER: 11
.1.3.6.1.4.1.41112.1.6.1.2.1.4.3 = INTEGER: 132
.1.3.6.1.4.1.41112.1.6.1.2.1.4.4 = INTEGER: 132
.1.3.6.1.4.1.41112.1.6.1.2.1.6.1 = STRING: "EXAMPLE-FREE"
.1.3.6.1.4.1.41112.1.6.1.2.1.6.2 = STRING: "EXAMPLE-STAFF"
.1.3.6.1.4.1.41112.1.6.1.2.1.6.3 = STRING: "EXAMPLE-FREE"
.1.3.6.1.4.1.41112.1.6.1.2.1.6.4 = STRING: "EXAMPLE-STAFF"
.1.3.6.1.4.1.41112.1.6.1.2.1.22.1 = INTEGER: 1
.1.3.6.1.4.1.41112.1.6.1.2.1.22.2 = INTEGER: 1
.1.3.6.1.4.1.41112.1.6.1.2.1.22.3 = INTEGER: 1
.1.3.6.1.4.1.41112.1.6.1.2.1.22.4 = INTEGER: 1
"""


POWER_BELOW_FULL = """
.1.3.6.1.4.1.25053.1.1.12.1.1.1.2.1.6.1 = INTEGER: {}
.1.3.6.1.4.1.25053.1.1.12.1.1.1.2.1.6.2 = INTEGER: {}
"""
AT_24_DBM = (State.UP, "it sends on channel 100 at 24 dBm, not as declared")
ONLY_UPTIME = ".1.3.6.1.2.1.1.3.0 = Timeticks: (500) 0:00:05.00"


def without(walk: str, *parts: str) -> str:
    return "\n".join(line for line in walk.splitlines() if not any(part in line for part in parts))


@pytest.mark.parametrize(
    ("ap", "walk", "expected"),
    [
        pytest.param(STREET_AP, RUCKUS, (UP, UP), id="street: both send"),
        pytest.param(
            STREET_AP,
            RUCKUS.replace(".8.2 = INTEGER: up(1)", ".8.2 = INTEGER: down(2)"),
            (SHUT, UP),
            id="street: one is shut",
        ),
        pytest.param(
            STREET_AP,
            RUCKUS.replace(".8.3 = INTEGER: up(1)", ".8.3 = INTEGER: lowerLayerDown(7)"),
            (UP, SHUT),
            id="street: down for any reason",
        ),
        pytest.param(
            STREET_AP,
            RUCKUS.replace(".8.2 = INTEGER: up(1)", ".8.2 = INTEGER: unknown(4)"),
            (NOT_SHOWN, UP),
            id="street: it does not know itself",
        ),
        pytest.param(
            STREET_AP,
            RUCKUS.replace("INTEGER: 1\n", "INTEGER: 13\n"),
            ((State.UP, "it sends on channel 13, not as declared"), UP),
            id="street: another channel of the band",
        ),
        pytest.param(
            STREET_AP,
            RUCKUS + POWER_BELOW_FULL.format(3, 0),
            ((State.UP, "it sends on channel 1 at 17 dBm, not as declared"), UP),
            id="street: 3 dB below full is 17 dBm at 2.4 GHz",
        ),
        pytest.param(
            STREET_AP,
            RUCKUS.replace(".8.2 = INTEGER: up(1)", ".8.2 = INTEGER: down(2)") + POWER_BELOW_FULL.format(3, 6),
            (SHUT, AT_24_DBM),
            id="street: one that is shut has no power",
        ),
        pytest.param(
            MESH_AP,
            UNIFI
            + ".1.3.6.1.4.1.41112.1.6.1.2.1.21.1 = INTEGER: 14\n.1.3.6.1.4.1.41112.1.6.1.2.1.21.2 = INTEGER: 14\n",
            ((State.UP, "it sends on channel 11 at 14 dBm, not as declared"), UP),
            id="mesh: less power than declared",
        ),
        pytest.param(
            STREET_AP,
            RUCKUS.replace("INTEGER: 100", "INTEGER: 36"),
            (UP, (State.UP, "it sends on channel 36, not as declared")),
            id="street: a channel for indoors",
        ),
        pytest.param(STREET_AP, without(RUCKUS, ".2.2.1.8.2 "), (NOT_SHOWN, UP), id="street: one was not read"),
        pytest.param(
            STREET_AP, without(RUCKUS, ".12.1.1.1.2.1.4.1 "), (NOT_SHOWN, UP), id="street: no such radio is shown"
        ),
        pytest.param(STREET_AP, without(RUCKUS, "EXAMPLE-FREE"), (NOT_FOR_EVERYBODY,) * 2, id="street: staff alone"),
        pytest.param(STREET_AP, without(RUCKUS, "EXAMPLE"), (NO_NETWORK_SHOWN,) * 2, id="street: no network is shown"),
        pytest.param(STREET_AP, ONLY_UPTIME, (NOT_SHOWN,) * 2, id="street: nothing of a radio"),
        pytest.param(MESH_AP, UNIFI, (UP, UP), id="mesh: both send"),
        pytest.param(
            MESH_AP,
            UNIFI.replace(".22.1 = INTEGER: 1", ".22.1 = INTEGER: 2").replace(
                ".22.2 = INTEGER: 1", ".22.2 = INTEGER: 2"
            ),
            (SHUT, UP),
            id="mesh: one is shut",
        ),
        pytest.param(
            MESH_AP,
            UNIFI.replace(".22.3 = INTEGER: 1", ".22.3 = INTEGER: 2"),
            (UP, SHUT),
            id="mesh: the free network alone is shut",
        ),
        pytest.param(
            MESH_AP,
            UNIFI.replace(".22.4 = INTEGER: 1", ".22.4 = INTEGER: 2"),
            (UP, UP),
            id="mesh: the staff's alone is shut",
        ),
        pytest.param(
            MESH_AP,
            without(UNIFI, ".4.1 ", ".6.1.2.1.6.1 ", ".22.1 "),
            (NOT_FOR_EVERYBODY, UP),
            id="mesh: staff alone at 2.4 GHz",
        ),
        pytest.param(MESH_AP, without(UNIFI, ".41112.1.6.1.2."), (SHUT,) * 2, id="mesh: radios that send nothing"),
        pytest.param(MESH_AP, without(UNIFI, ".22.1 ", ".22.2 "), (NOT_SHOWN, UP), id="mesh: one was not read"),
        pytest.param(MESH_AP, without(UNIFI, "STRING"), (NO_NETWORK_SHOWN,) * 2, id="mesh: no network is named"),
        pytest.param(MESH_AP, ONLY_UPTIME, (NOT_SHOWN,) * 2, id="mesh: nothing of a radio"),
    ],
)
def test_what_each_platform_shows_of_its_radios(ap: str, walk: str, expected: tuple[Condition, Condition]) -> None:
    assert judged(ap, walked(walk)) == expected


def test_an_access_point_for_staff_alone_need_only_operate() -> None:
    city = replace(EXAMPLE, access_points=tuple(replace(ap, ssids=("staff",)) for ap in EXAMPLE.access_points))
    asked, answers = profile("street-ap"), walked(without(RUCKUS, "EXAMPLE-FREE"))
    found = judge(city, city.device(STREET_AP), readings(asked, answers), words(asked, answers))
    assert set(found.values()) == {UP}


def configured(ap: str) -> DeviceState:
    state = boxed(HARDWARE[ap])
    text = grammar(state.hardware.platform).render(intended(EXAMPLE, EXAMPLE.device(ap)))
    return replace(state, running=family(state.hardware.platform).dialect.parse(text, state.hardware))


def walk_of(state: DeviceState) -> list[VarBind]:
    """Everything that it shows, a while after it booted."""
    facts = facts_of(state)
    reading = Moment(state, facts, 200.0, curves_of(state.hardware, HARDWARE, 1, ROSTER))
    found, shown = list[VarBind](), layout(shape(state, facts))
    following = shown.after("1.0")
    while following is not None:
        found.append((following.name, Value(following.kind, following.read(reading))))
        following = shown.after(following.name)
    return found


IN_RADIO = ("configure terminal", "interface dot11radio 0")
APPLY = "uci commit"


@pytest.mark.parametrize(
    ("ap", "typed", "expected"),
    [
        pytest.param(STREET_AP, (), (UP, UP), id="street: as the city has it"),
        pytest.param(STREET_AP, (*IN_RADIO, "shutdown"), (SHUT, UP), id="street: shut by hand"),
        pytest.param(
            STREET_AP, ("configure terminal", "no wlan free"), (NOT_FOR_EVERYBODY,) * 2, id="street: no free network"
        ),
        pytest.param(MESH_AP, (), (UP, UP), id="mesh: as the city has it"),
        pytest.param(MESH_AP, ("uci set wireless.radio0.disabled=1", APPLY), (SHUT, UP), id="mesh: shut by hand"),
        pytest.param(
            MESH_AP,
            ("uci delete wireless.free_radio1", APPLY),
            (UP, NOT_FOR_EVERYBODY),
            id="mesh: no free network on one",
        ),
    ],
)
def test_a_hand_at_the_command_line_is_seen(
    ap: str, typed: Iterable[str], expected: tuple[Condition, Condition]
) -> None:
    state, _ = tell(configured(ap), *typed)
    assert judged(ap, walk_of(state)) == expected


@pytest.mark.parametrize("ap", [STREET_AP, MESH_AP])
def test_out_of_the_box_radios_are_shut(ap: str) -> None:
    assert judged(ap, walk_of(boxed(HARDWARE[ap]))) == (SHUT, SHUT)


def seen(device: str, state: State, shown: Mapping[Band, Condition]) -> dict[str, tuple[State, str]]:
    cause = "" if state is State.UP else "as its device"
    look = Observation(
        subject=f"device:{device}",
        at=NOON,
        state=state,
        reach=timedelta(seconds=75),
        cause=cause,
        evidence="sysUpTime 1 s",
    )
    found = observations(EXAMPLE.device(device), look, shown)
    assert {(one.at, one.reach, one.evidence) for one in found} <= {(NOON, timedelta(seconds=75), "")}
    return {one.subject: (one.state, one.cause) for one in found}


def test_a_device_that_is_not_up_takes_its_radios_with_it() -> None:
    for state in (State.DOWN, State.UNKNOWN):
        assert seen(STREET_AP, state, {}) == {
            "radio:ap-0001/2.4GHz": (state, "as its device"),
            "radio:ap-0001/5GHz": (state, "as its device"),
        }


def test_a_device_that_is_up_says_nothing_of_radios_that_it_does_not_show() -> None:
    assert seen(STREET_AP, State.UP, {Band.GHZ_5: UP}) == {
        "radio:ap-0001/2.4GHz": NOT_SHOWN,
        "radio:ap-0001/5GHz": UP,
    }


def test_a_switch_has_no_radios() -> None:
    switch = EXAMPLE.switches[0]
    assert seen(switch.id, State.UP, {}) == {}
    assert judge(EXAMPLE, switch, {}, {}) == {}


CONTENTS = st.one_of(
    st.integers(0, 200).map(lambda number: Value(Kind.INTEGER, number)),
    st.sampled_from([b"EXAMPLE-FREE", b"EXAMPLE-STAFF", b"", b"\xff"]).map(lambda text: Value(Kind.OCTETS, text)),
)
INDEXES = st.lists(st.integers(0, 4), min_size=1, max_size=2).map(lambda parts: ".".join(map(str, parts)))


@st.composite
def looks(draw: st.DrawFn) -> tuple[str, State, Mapping[Band, Condition]]:
    """An access point, its state, and what an agent that may answer anything shows of its radios."""
    ap, state = draw(st.sampled_from(EXAMPLE.access_points)), draw(st.sampled_from(State))
    asked = profile(ap.platform)
    oids = st.builds(lambda column, index: f"{column.oid}.{index}", st.sampled_from(asked.tables), INDEXES)
    answers = draw(st.lists(st.tuples(oids, CONTENTS), max_size=20))
    shown = judge(EXAMPLE, ap, readings(asked, answers), words(asked, answers)) if state is State.UP else {}
    return ap.id, state, shown


@pytest.mark.slow
@given(st.lists(looks(), unique_by=lambda look: look[0]))
def test_radios_never_cover_more_than_their_devices_would(
    street: list[tuple[str, State, Mapping[Band, Condition]]],
) -> None:
    radios = {subject: state for look in street for subject, (state, _) in seen(*look).items()}
    bounds = [
        coverage(PRINTS, of_state(states, State.UP), of_state(states, State.UNKNOWN))
        for states in (
            {ap: radios[f"radio:{ap}/{RULE.band}"] for ap, _, _ in street},
            {ap: state for ap, state, _ in street},
        )
    ]
    by_radio, by_device = bounds
    assert by_radio.lower <= by_device.lower
    assert by_radio.upper <= by_device.upper
    assert by_radio.expected <= by_device.expected + 1e-12


def of_state(states: Mapping[str, State], wanted: State) -> set[str]:
    return {ap for ap, state in states.items() if state is wanted}
