"""What is written for thousands of devices is what prometheus_client itself writes, line by line."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from monitoring import exposition_lines
from monitoring.exposition_lines import END, Plain, States, readings, states
from monitoring.ledger.intervals import DEVICE_STATES, State
from monitoring.series.files import table
from monitoring.series_key import parse_key

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
FORMATS = (
    "",
    "text/plain; version=0.0.4",
    "text/plain; version=1.0.0; escaping=allow-utf-8",
    "text/plain; version=1.0.0; escaping=dots",
    "application/openmetrics-text",
    "application/openmetrics-text; version=1.0.0",
    "application/openmetrics-text; version=1.0.0; escaping=allow-utf-8",
    "application/openmetrics-text; version=1.0.0; escaping=dots",
    "application/openmetrics-text; version=1.0.0; escaping=values",
)


NO_STATES = States(name="none", about="None", labels=("device",))
DEVICES = States(name="asty_device_state", about="How", labels=("device", "site", "kind", "platform"))


def by_family(text: bytes) -> dict[str, list[str]]:
    """The lines of each family in some order, by its head."""
    found: dict[str, list[str]] = {}
    for line in text.removesuffix(END).decode().split("\n")[:-1]:
        if line.startswith("# HELP"):
            found[line] = lines = []
        lines.append(line)
    return {head: sorted(lines) for head, lines in found.items()}


devices = st.text(min_size=1, max_size=6, alphabet=st.sampled_from('ab-"\\\nπ %{}'))
keys = st.sampled_from(
    ["sysUpTime", "ifHCInOctets[ifIndex=1]", "ifHCInOctets[ifIndex=10]", "ifHCInOctets", "aTable[aRow=1.2.3]"]
)
values = st.one_of(
    st.floats(),
    st.integers(0, 2**64).map(float),
    st.sampled_from([0.0, -0.0, 1.0, 999999.0, 1000000.0, 1234567.0, 123456.5, 1e15, 1e16, 1e17, -1e7]),
)


@given(
    accept=st.sampled_from(FORMATS),
    rows=st.dictionaries(devices, st.dictionaries(keys, values, max_size=4), max_size=5),
)
def test_readings_are_written_as_the_library_writes_them(accept: str, rows: dict[str, dict[str, float]]) -> None:
    encode, _ = choose_encoder(accept)
    newest = table(NOW, rows)
    plain = by_family(encode(Plain(NO_STATES, (), newest)))
    del plain[next(iter(plain))]
    assert by_family(b"".join(readings(encode, newest))) == plain


@given(
    accept=st.sampled_from(FORMATS),
    seen=st.lists(st.tuples(st.tuples(devices, devices, devices, devices), st.sampled_from(DEVICE_STATES)), max_size=5),
)
def test_states_are_written_as_the_library_writes_them(
    accept: str, seen: list[tuple[tuple[str, str, str, str], State]]
) -> None:
    encode, _ = choose_encoder(accept)
    assert states(encode, DEVICES, seen) == encode(Plain(DEVICES, seen, None)).removesuffix(END)


def test_samples_of_one_family_are_together_and_those_of_one_state_too() -> None:
    """OpenMetrics forbids it otherwise, and its parser says so."""
    encode, _ = choose_encoder("application/openmetrics-text; version=1.0.0")
    rows = {f"ap-{n}": {"a[row=1]": 1.0, "b[row=1]": 2.0, "a[row=2]": 3.0} for n in range(3)}
    seen = [((device, "a site", "a kind", "a platform"), State.UP) for device in rows]
    text = states(encode, DEVICES, seen) + b"".join(readings(encode, table(NOW, rows))) + END
    families = list(text_string_to_metric_families(text.decode()))  # type: ignore[no-untyped-call]  # shipped untyped
    assert [(one.name, len(one.samples)) for one in families] == [("asty_device_state", 9), ("a", 6), ("b", 3)]


def test_a_line_is_written_by_the_library_once_for_each_key_and_not_for_each_device(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encode, _ = choose_encoder("")
    parsed, samples = list[str](), list[int]()

    def counted(registry: Collector) -> bytes:
        samples.append(sum(len(family.samples) for family in registry.collect()))
        return encode(registry)

    def parse(key: str) -> tuple[str, dict[str, str]]:
        parsed.append(key)
        return parse_key(key)

    monkeypatch.setattr(exposition_lines, "parse_key", parse)
    rows = {f"ap-{n}": {f"ifHCInOctets[ifIndex={port}]": n for port in range(4)} for n in range(500)}
    text = b"".join(readings(counted, table(NOW, rows)))
    assert text.count(b"\n") == 2 + 500 * 4
    assert (sum(samples), len(parsed)) == (4, 4)
