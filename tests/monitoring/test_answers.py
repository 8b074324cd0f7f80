"""What is asked of each platform, and what its answers are called."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidInput
from city.model.city import City
from lab.fleet.views.layout import layout
from lab.fleet.views.shape import Shape
from monitoring.answers import readings, words
from monitoring.series_key import parse_key
from platforms.profile import Profile
from platforms.registry import platforms, profile
from snmp import pdu
from snmp.pdu import Kind, Value, VarBind
from tests.monitoring.walked import walked

PROFILES = {name: known.profile for name, known in platforms().items() if known.profile is not None}

# In the form of `snmpwalk -On`: a router of the platform `frr`, and what an agent says of what it lacks
SNMPD = """
.1.3.6.1.2.1.1.3.0 = Timeticks: (1734120) 4:49:01.20
.1.3.6.1.2.1.1.5.0 = STRING: "rt-datacentre-01"
.1.3.6.1.2.1.2.2.1.8.1 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.8.2 = INTEGER: down(2)
.1.3.6.1.2.1.31.1.1.1.6.1 = Counter64: 9007199254740993
.1.3.6.1.2.1.25.2.3.1.6.35 = INTEGER: 1200
.1.3.6.1.2.1.25.3.3.1.2.196608 = INTEGER: 7
.1.3.6.1.2.1.25.3.3.1.2.196609 = No Such Instance currently exists at this OID
.1.3.6.1.2.1.31.1.1.1.10.1 = No Such Object available on this agent at this OID
.1.3.6.1.2.1.31.1.1.1.18.1 = No more variables left in this MIB View (It is past the end of the MIB tree)
.1.3.6.1.2.1.2.2.1.10.1 = Counter32: 77
"""
RUCKUS = """
.1.3.6.1.2.1.1.3.0 = Timeticks: (500) 0:00:05.00
.1.3.6.1.4.1.25053.1.1.11.1.1.1.1.0 = Gauge32: 12
.1.3.6.1.4.1.25053.1.1.12.1.1.1.2.1.4.1 = INTEGER: 6
.1.3.6.1.4.1.25053.1.1.12.1.1.1.2.1.6.2 = INTEGER: 23
.1.3.6.1.4.1.25053.1.1.12.1.1.1.3.1.2.2 = Gauge32: 31
.1.3.6.1.4.1.25053.1.1.12.1.1.1.3.1.22.2 = Counter64: 123456
"""
UNIFI = """
.1.3.6.1.4.1.41112.1.6.1.1.1.6.1 = INTEGER: 40
.1.3.6.1.4.1.41112.1.6.1.2.1.8.3 = INTEGER: 9
.1.3.6.1.4.1.41112.1.6.1.2.1.6.3 = STRING: "thessaloniki_free_wifi"
.1.3.6.1.4.1.41112.1.6.1.2.1.10.3 = Counter32: 4294967295
"""


@pytest.mark.parametrize(
    ("platform", "lines", "expected"),
    [
        pytest.param(
            "frr",
            SNMPD,
            {
                "sysUpTime": 1734120.0,
                "ifOperStatus[ifIndex=1]": 1.0,
                "ifOperStatus[ifIndex=2]": 2.0,
                "ifHCInOctets[ifIndex=1]": 9007199254740992.0,
                "ifInOctets[ifIndex=1]": 77.0,
                "hrStorageUsed[hrStorageIndex=35]": 1200.0,
                "hrProcessorLoad[hrDeviceIndex=196608]": 7.0,
            },
            id="a router: numbers only, nothing that was not asked for, nothing missing",
        ),
        pytest.param(
            "street-ap",
            RUCKUS,
            {
                "sysUpTime": 500.0,
                "ruckusSystemCPUUtil": 12.0,
                "ruckusRadioChannel[radio=1]": 6.0,
                "ruckusRadioTxPower[radio=2]": 23.0,
                "ruckusRadioStatsNumSta[radio=2]": 31.0,
                "ruckusRadioStatsTxBytes[radio=2]": 123456.0,
            },
            id="a street access point",
        ),
        pytest.param(
            "mesh-ap",
            UNIFI,
            {
                "unifiRadioCuTotal[radio=1]": 40.0,
                "unifiVapNumStations[vap=3]": 9.0,
                "unifiVapRxBytes[vap=3]": 4294967295.0,
            },
            id="a mesh access point",
        ),
        pytest.param("edge-switch", "", {}, id="silence"),
    ],
)
def test_answers_become_series(platform: str, lines: str, expected: dict[str, float]) -> None:
    assert readings(profile(platform), walked(lines)) == expected


@pytest.mark.parametrize(
    ("platform", "lines", "expected"),
    [
        pytest.param("frr", SNMPD, {"sysName": "rt-datacentre-01"}, id="a router"),
        pytest.param("street-ap", RUCKUS, {}, id="numbers only"),
        pytest.param("mesh-ap", UNIFI, {"unifiVapEssId[vap=3]": "thessaloniki_free_wifi"}, id="a mesh access point"),
    ],
)
def test_text_goes_by_the_same_keys_and_into_no_series(platform: str, lines: str, expected: dict[str, str]) -> None:
    assert words(profile(platform), walked(lines)) == expected
    assert expected.keys().isdisjoint(readings(profile(platform), walked(lines)))


def test_text_that_is_no_utf8_is_replaced() -> None:
    assert words(profile("frr"), [("1.3.6.1.2.1.1.5.0", Value(Kind.OCTETS, b"rt\xff"))]) == {"sysName": "rt\ufffd"}


@pytest.mark.parametrize("known", PROFILES.values(), ids=PROFILES)
def test_every_platform_says_who_it_is_and_what_it_carries(known: Profile) -> None:
    assert {"sysUpTime", "sysName"} <= {scalar.metric for scalar in known.scalars}
    assert {"ifOperStatus", "ifHCInOctets", "ifHCOutOctets"} <= {column.metric for column in known.tables}


@pytest.mark.parametrize("known", PROFILES.values(), ids=PROFILES)
def test_nothing_is_asked_twice(known: Profile) -> None:
    for asked in (known.scalars, known.tables):
        assert len({item.oid for item in asked}) == len({item.metric for item in asked}) == len(asked)
    assert all(scalar.oid.endswith(".0") for scalar in known.scalars)


def test_names_differ_in_more_than_case() -> None:
    """The store of series does not tell letters apart by case."""
    asked = {scalar.metric for known in PROFILES.values() for scalar in known.scalars}
    asked |= {column.metric for known in PROFILES.values() for column in known.tables}
    assert len({metric.casefold() for metric in asked}) == len(asked)


@pytest.mark.slow
def test_every_declared_platform_has_a_profile(thessaloniki: City) -> None:
    assert {device.platform for device in thessaloniki.devices} <= set(PROFILES)


@pytest.mark.parametrize(
    "shape",
    [
        Shape(platform="street-ap", radios=2, ports=1, ssids=(2, 1), vlans=(), linked=()),
        Shape(platform="mesh-ap", radios=2, ports=1, ssids=(1, 1), vlans=(), linked=()),
        Shape(platform="edge-switch", radios=0, ports=24, ssids=(), vlans=(100,), linked=(1,)),
    ],
    ids=lambda shape: shape.platform,
)
def test_the_fleet_shows_all_that_is_asked(shape: Shape) -> None:
    shown, known = layout(shape), profile(shape.platform)
    assert [scalar.metric for scalar in known.scalars if shown.get(scalar.oid) is None] == []
    rows = {column.metric: shown.after(column.oid) for column in known.tables}
    outside = [
        column.metric
        for column in known.tables
        if (row := rows[column.metric]) is None or not row.name.startswith(f"{column.oid}.")
    ]
    assert outside == []


def test_an_unknown_platform_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InvalidInput, match=r"platform toaster: nobody.*edge-switch, frr, mesh-ap.*street-ap"):
        profile("toaster")


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        pytest.param("sysUpTime", ("sysUpTime", {}), id="one value of a device"),
        pytest.param("ifHCInOctets[ifIndex=2]", ("ifHCInOctets", {"ifIndex": "2"}), id="a row of a table"),
        pytest.param("x[label=1.22.3]", ("x", {"label": "1.22.3"}), id="an index of several parts"),
    ],
)
def test_keys_are_taken_apart(key: str, parts: tuple[str, dict[str, str]]) -> None:
    assert parse_key(key) == parts


@pytest.mark.parametrize("key", ["", "a[", "a[b]", "a[b=]", "a[b=x]", "a[b=1]c", "a b", "a[b=1", "a[b=1.]", "a\n", "é"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="is not the key of a series"):
        parse_key(key)


ROWS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@given(st.sampled_from(list(PROFILES.values())), st.data())
def test_every_row_of_every_column_comes_back_by_its_key(known: Profile, data: st.DataObject) -> None:
    column = data.draw(st.sampled_from(known.tables))
    index, number = data.draw(ROWS), data.draw(st.integers(0, 100))
    found = readings(known, [(f"{column.oid}.{index}", Value(Kind.COUNTER64, number))])
    assert [(parse_key(key), value) for key, value in found.items()] == [
        ((column.metric, {column.label: index}), float(number))
    ]


OIDS = st.lists(st.integers(0, 2**32 - 1), min_size=1).map(lambda parts: ".".join(map(str, parts)))
VALUES: Iterable[st.SearchStrategy[Value]] = (
    st.builds(Value, st.just(Kind.OCTETS), st.binary()),
    st.builds(Value, st.just(Kind.INTEGER), st.integers(-(2**31), 2**31 - 1)),
    st.sampled_from((pdu.NULL, pdu.NO_SUCH_OBJECT, pdu.NO_SUCH_INSTANCE, pdu.END_OF_MIB_VIEW)),
)


@given(st.sampled_from(list(PROFILES.values())), st.lists(st.tuples(OIDS, st.one_of(*VALUES))))
def test_a_device_may_answer_anything(known: Profile, answers: list[VarBind]) -> None:
    columns = [one for column in known.tables for one in (column, column.instead) if one is not None]
    asked = {scalar.metric for scalar in known.scalars} | {column.metric for column in columns}
    assert {parse_key(key)[0] for key in readings(known, answers)} <= asked
