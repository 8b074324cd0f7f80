"""Zones as values: what is declared, what a recovery moved, and what is served next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import Refused
from lab.names.question import answer, question
from lab.names.zone import RecordSets, Zone, gathered, merged, newer, next_serial, read_served
from tests.lab.names.zones import ZONE, www, zone


def test_a_zone_is_written_as_a_master_file() -> None:
    declared = Zone.read(zone(7, www("10.1.1.2"), www("10.1.1.1"), (f"mail.{ZONE}", "MX", 300, "10 mx.example.test.")))
    assert declared.text(declared.records, 8).splitlines() == [
        "example.test. 60 IN SOA ns1.lab.invalid. hostmaster.example.test. 8 3600 600 86400 60",
        "example.test. 60 IN NS ns1.lab.invalid.",
        "mail.example.test. 300 IN MX 10 mx.example.test.",
        "www.example.test. 60 IN A 10.1.1.1",
        "www.example.test. 60 IN A 10.1.1.2",
    ]


@pytest.mark.parametrize(
    "record",
    [
        ("www.example.test.\nevil", "A", 60, "10.0.0.1"),
        ("www.example.test. 60 IN A 10.6.6.6", "A", 60, "10.0.0.1"),
        ("www.example.test.", "A", 60, "10.0.0.1\nevil.example.test. 60 IN A 10.6.6.6"),
        ("$INCLUDE", "A", 60, "/etc/passwd"),
        ("www", "A", 60, "10.0.0.1"),
    ],
)
def test_a_record_never_says_more_than_one_record(record: tuple[str, str, int, str]) -> None:
    with pytest.raises(Refused):
        Zone.read(zone(1, record))


def test_what_knot_prints_is_read() -> None:
    printed = """\
[example.test.] example.test. 60 NS ns1.lab.invalid.
[example.test.] example.test. 60 SOA ns1.lab.invalid. hostmaster.example.test. 1700000001 3600 600 86400 60
[example.test.] txt.example.test. 60 TXT "a \\"b\\" c" "d"
[example.test.] www.example.test. 30 A 10.1.1.1
[example.test.] www.example.test. 30 A 10.1.1.2
"""
    assert read_served(printed) == (
        1700000001,
        {
            ("example.test.", "NS"): (60, ("ns1.lab.invalid.",)),
            ("txt.example.test.", "TXT"): (60, ('"a \\"b\\" c" "d"',)),
            ("www.example.test.", "A"): (30, ("10.1.1.1", "10.1.1.2")),
        },
    )


def test_records_of_one_set_share_the_lowest_ttl_and_are_there_once() -> None:
    rows = [("A.test.", "A", 60, "1"), ("a.test.", "A", 30, "2"), ("a.test.", "A", 60, "1"), ("a.test.", "TXT", 9, "x")]
    assert gathered(rows) == {("a.test.", "A"): (30, ("1", "2")), ("a.test.", "TXT"): (9, ("x",))}


def sets(**addresses: str) -> RecordSets:
    return gathered((f"{name}.{ZONE}", "A", 60, address) for name, address in addresses.items())


@pytest.mark.parametrize(
    ("before", "now", "served", "expected"),
    [
        pytest.param(sets(a="1"), sets(a="1", b="2"), sets(a="1"), sets(a="1", b="2"), id="a new name"),
        pytest.param(sets(a="1"), sets(a="1", b="2"), sets(a="9"), sets(a="9", b="2"), id="a moved name stays moved"),
        pytest.param(sets(a="1"), sets(a="2"), sets(a="9"), sets(a="2"), id="a moved name that is declared anew"),
        pytest.param(sets(a="1", b="2"), sets(b="2"), sets(a="1", b="9"), sets(b="9"), id="a name that is gone"),
        pytest.param(sets(a="1"), sets(a="1"), sets(a="1", c="3"), sets(a="1", c="3"), id="a name of an update's own"),
        pytest.param(sets(a="1"), sets(a="1", b="2"), sets(), sets(b="2"), id="a name that an update removed"),
    ],
)
def test_only_what_designate_changed_is_changed(
    before: RecordSets, now: RecordSets, served: RecordSets, expected: RecordSets
) -> None:
    assert merged(before, now, served) == expected


SETS = st.dictionaries(
    st.tuples(st.sampled_from(["a.", "b.", "c."]), st.sampled_from(["A", "TXT"])),
    st.tuples(st.integers(1, 3), st.tuples(st.sampled_from(["1", "2"]))),
)


@given(SETS, SETS, SETS)
def test_merging_again_changes_nothing(before: RecordSets, now: RecordSets, served: RecordSets) -> None:
    once = merged(before, now, served)
    assert merged(before, now, once) == once, "killed before it was noted, it is done again"
    assert merged(now, now, once) == once
    assert merged(before, now, before) == now, "without updates, what is declared is served"


SERIALS = st.integers(0, 2**32 - 1)


@given(SERIALS, SERIALS)
def test_the_next_serial_is_newer_than_what_is_served(declared: int, served: int) -> None:
    found = next_serial(declared, served)
    assert newer(found, served)
    assert found == (declared if newer(declared, served) else (served + 1) % 2**32)


def test_a_serial_that_wraps_is_newer() -> None:
    assert newer(3, 2**32 - 3) and not newer(2**32 - 3, 3) and not newer(5, 5)


ANSWER = bytes.fromhex(
    "123484000001000100000000"
    "076578616d706c6504746573740000060001"
    "c00c000600010000003c003e"
    "036e7331036c616207696e76616c696400"
    "0a686f73746d6173746572076578616d706c65047465737400"
    "6553f10100000e1000000258000151800000003c"
)
"""Recorded from Knot 3.2.6, asked for example.test. SOA."""


def test_the_serial_of_an_answer_is_read() -> None:
    assert question(0x1234, ZONE) == bytes.fromhex("12340000000100000000000007") + b"example\x04test\0\0\6\0\1"
    assert answer(ANSWER, 0x1234) == 1_700_000_001


@pytest.mark.parametrize(
    ("datagram", "why"),
    [
        (ANSWER[:40], "cut"),
        (b"", "empty"),
        (b"\x12\x35" + ANSWER[2:], "of another question"),
        (ANSWER[:2] + b"\x80\x00" + ANSWER[4:], "not authoritative"),
        (ANSWER[:2] + b"\x84\x05" + ANSWER[4:], "refused"),
        (ANSWER[:6] + b"\0\0" + ANSWER[8:], "without a record"),
    ],
)
def test_an_answer_that_proves_nothing_is_none(datagram: bytes, why: str) -> None:
    assert answer(datagram, 0x1234) is None, why


@given(st.binary(max_size=80))
def test_no_datagram_does_harm(tail: bytes) -> None:
    answer(ANSWER[:30] + tail, 0x1234)
    answer(tail, 0x1234)
