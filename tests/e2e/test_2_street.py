"""Devices: pushes that fail in part or are killed, access points that go dark, a poller that is killed."""

import re
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import httpx
import pytest

from asty.workspace import find
from city.model.wireless import AccessPoint
from lab.fleet import orders
from lab.lab import Lab
from monitoring.coverage.share import coverage, footprints
from monitoring.figures.promised import Promised
from monitoring.ledger.intervals import Interval, State
from monitoring.ledger.store import Ledger
from tests.e2e.operator import Operator
from tests.monitoring.measured import rule_of
from tests.street import Street

pytestmark = pytest.mark.lab
PATIENCE_S = 180.0


@pytest.fixture
def dark(city_up: Operator, lab: Lab) -> Iterator[list[str]]:
    """Ten access points off, spread over the city; on again at the end."""
    chosen = [ap.id for ap in lab.city.access_points[::43]][:10]
    city_up.asty("lab", "fault", "off", *chosen)
    yield chosen
    city_up.asty("lab", "fault", "clear", *chosen)


def change_ntp(city: Path) -> None:
    """One line of data that every emulated device must learn."""
    file = city / "city.yaml"
    text = file.read_text(encoding="utf-8")
    assert "ntp_servers: [" in text
    file.write_text(text.replace("ntp_servers: [", "ntp_servers: [10.99.9.9, "), encoding="utf-8")


def tally(said: object) -> Counter[str]:
    assert isinstance(said, dict)
    return Counter({status: count for status, count in said["tally"].items() if count})


def test_a_push_without_anything_to_do_changes_nothing(city_up: Operator) -> None:
    assert tally(city_up.asks("push")) == {"ok": 461}


def test_five_devices_off_are_five_failures_and_the_others_are_done(
    city_up: Operator, lab: Lab, city_data: Path
) -> None:
    change_ntp(city_data)
    off = [ap.id for ap in lab.city.access_points[:5]]
    city_up.asty("lab", "fault", "off", *off)
    done = city_up.asks("push", code=1)
    failed = {outcome["subject"]: outcome["reason"] for outcome in done["outcomes"] if outcome["status"] == "failed"}
    assert sorted(failed) == sorted(off)
    assert all(failed.values())
    assert done["tally"]["changed"] >= 450
    city_up.asty("lab", "fault", "clear", *off)
    assert tally(city_up.asks("push"))["changed"] == 5
    assert tally(city_up.asks("push")) == {"ok": 461}


def test_a_push_that_is_killed_is_settled_by_resume(city_up: Operator, lab: Lab) -> None:
    """The data went back after the test before, so every device has a line to lose again."""
    journal = find(city_up.environment).home / "journal.sqlite"
    before, taken = runs(journal), lines_taken(lab)
    with city_up.start("push") as process:
        deadline = time.monotonic() + PATIENCE_S
        while stages(journal, before)["confirmed"] < 40 and time.monotonic() < deadline:
            time.sleep(0.02)  # looked at until it is in the middle; the moment itself does not matter
        process.send_signal(signal.SIGKILL)
    left = stages(journal, before)
    assert left["confirmed"] >= 40
    assert left.total() > left["confirmed"], "it was killed in the middle"
    settled = city_up.asks("push", "--resume", code=None)["outcomes"]
    reasons = {status: [o["reason"] for o in settled if o["status"] == status] for status in ("failed", "unknown")}
    assert {outcome["status"] for outcome in settled} <= {"changed", *reasons}
    assert all(reason.startswith("it runs with its old configuration") for reason in reasons["failed"]), "reverted"
    assert all(reason.startswith("look at the device") for reason in reasons["unknown"])
    assert max((lines_taken(lab) - taken).values()) == 1, "the one line that was missing, and nothing twice"
    again = once_left_timers_ran_out(city_up)
    assert again["tally"]["failed"] == again["tally"]["unknown"] == 0
    assert tally(city_up.asks("push")) == {"ok": 461}


def once_left_timers_ran_out(operator: Operator) -> Any:  # noqa: ANN401 - JSON is any JSON
    """A push of all. A device that was being armed when the push before died refuses until its own timer ran out."""
    deadline = time.monotonic() + 300
    while True:
        done = operator.asks("push", code=None)
        refused = [outcome["reason"] for outcome in done["outcomes"] if outcome["status"] == "failed"]
        assert all("timed revert is pending" in reason for reason in refused)
        if not refused or time.monotonic() > deadline:
            return done
        time.sleep(2)  # the device's timer decides when, not this test


def runs(journal: Path) -> set[str]:
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as database:
        return {run for (run,) in database.execute("SELECT DISTINCT run FROM pushes")}


def stages(journal: Path, but: set[str]) -> Counter[str]:
    """How many devices stand at each stage, over the runs that are not in `but`."""
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as database:
        return Counter(stage for run, stage in database.execute("SELECT run, stage FROM pushes") if run not in but)


def lines_taken(lab: Lab) -> Counter[str]:
    """How many configuration lines each device took, as it counts itself; staging one again changes nothing."""
    devices = [device.id for device in lab.city.devices if device.platform in {"street-ap", "edge-switch"}]
    return Counter({device: int(str(orders.look_at(lab.params, device)["lines_taken"])) for device in devices})


@contextmanager
def serving(operator: Operator) -> Iterator[str]:
    """The dashboard, for as long as the block runs; its address."""
    port = find(operator.environment).base_port + 95
    url = f"http://127.0.0.1:{port}"
    with operator.start("serve", "--port", str(port)):
        await_answer(f"{url}/healthz")
        yield url


def await_answer(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            httpx.get(url).raise_for_status()
        except httpx.HTTPError:
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.1)
        else:
            return


def test_ten_access_points_off_lower_what_they_carried_and_the_map_shows_them(
    city_up: Operator, lab: Lab, dark: list[str]
) -> None:
    live = seen_covering(city_up)
    prints = footprints(lab.city, rule_of(lab.city, "wireless-coverage"))
    lit = frozenset(ap.id for ap in lab.city.access_points) - set(dark)
    expected = coverage(prints, lit, frozenset())
    assert live["value"] == pytest.approx(expected.lower, abs=1e-6)
    assert live["inputs"]["designed"]["value"] == pytest.approx(expected.designed, abs=1e-6)
    assert live["value"] < live["inputs"]["designed"]["value"]
    assert live["inputs"]["access_points_down"]["value"] == 10
    with serving(city_up) as url:
        found = httpx.get(f"{url}/api/access-points.geojson", timeout=PATIENCE_S).json()["features"]
        page = httpx.get(f"{url}/en/", timeout=PATIENCE_S).text
    assert sorted(f["id"] for f in found if f["properties"]["state"] == "down") == sorted(dark)
    assert re.findall(r'class="count">(\d+)</span> (\w+)', page) == [("420", "up"), ("10", "down"), ("0", "unknown")]
    assert len(lab.city.access_points) == 430


SHUT = {
    "street-ap": ("configure terminal", "interface dot11radio 0", "shutdown", "end"),
    "mesh-ap": ("uci set wireless.radio0.disabled='1'", "uci commit"),
}
OPEN = {
    "street-ap": ("configure terminal", "interface dot11radio 0", "no shutdown", "end"),
    "mesh-ap": ("uci set wireless.radio0.disabled='0'", "uci commit"),
}
"""The radio at 2.4 GHz, the band of the coverage rule, by hand."""


@contextmanager
def radios_shut(lab: Lab, chosen: Sequence[AccessPoint]) -> Iterator[None]:
    """By somebody at their command lines, for as long as the block runs."""
    street = Street(lab.city, lab.inventory(), lab.params)
    try:
        for ap in chosen:
            with street.session(ap.id) as session:
                session.run(SHUT[ap.platform])
        yield
    finally:
        for ap in chosen:
            with street.session(ap.id) as session:
                session.run(OPEN[ap.platform])


def seen_covering(operator: Operator) -> dict[str, Any]:
    """The figure right after a look at everything."""
    operator.asty("poll", "--once")
    figure: dict[str, Any] = operator.asks("kpi")["promises"]["wireless-coverage"]
    return figure


def test_a_radio_shut_by_hand_covers_as_little_as_an_access_point_that_is_off(city_up: Operator, lab: Lab) -> None:
    """One of each command line; each alone would lower the figure."""
    prints = footprints(lab.city, rule_of(lab.city, "wireless-coverage"))
    everybody = frozenset(prints.access_points)
    designed = prints.covered(everybody)
    chosen = [
        next(
            ap
            for ap in lab.city.access_points
            if ap.platform == platform and prints.covered(everybody - {ap.id}) < designed
        )
        for platform in SHUT
    ]
    ids = [ap.id for ap in chosen]
    city_up.asty("lab", "fault", "off", *ids)
    off = seen_covering(city_up)
    city_up.asty("lab", "fault", "clear", *ids)
    with radios_shut(lab, chosen):
        looked = city_up.asks("poll", "--once")["subjects"]
        shut = seen_covering(city_up)
    assert {seen["state"] for seen in looked if seen["subject"] in {f"device:{id_}" for id_ in ids}} == {"up"}
    assert off["value"] == pytest.approx(coverage(prints, everybody - set(ids), frozenset()).lower, abs=1e-6)
    assert off["value"] < off["inputs"]["designed"]["value"]
    for part in ("value", "lower", "upper"):
        assert shut[part] == off[part], part
    assert shut["inputs"]["access_points_down"]["value"] == len(ids)
    back = seen_covering(city_up)
    assert back["value"] == back["inputs"]["designed"]["value"]


def test_on_again_they_are_back_and_the_ledger_shows_the_interval(city_up: Operator, lab: Lab) -> None:
    chosen = lab.city.access_points[77].id
    subject = f"device:{chosen}"
    for fault in ("off", "clear"):
        city_up.asty("lab", "fault", fault, chosen)
        city_up.asty("poll", "--once")
    live = city_up.asks("kpi")["promises"]["wireless-coverage"]
    assert live["value"] == live["inputs"]["designed"]["value"]
    now = datetime.now(UTC)
    with Ledger(find(city_up.environment).ledger, lab.city.id) as ledger:
        seen = ledger.intervals([subject], now - timedelta(hours=1), now)[subject]
    assert [i.state for i in seen][-2:] == [State.DOWN, State.UP]
    assert seen[-2].cause == "no answer"
    assert seen[-2].end == seen[-1].start


def test_availability_is_what_the_intervals_add_up_to(city_up: Operator, lab: Lab) -> None:
    at = datetime.now(UTC)
    figure = city_up.asks("kpi", "--at", at.isoformat())["promises"]["availability"]
    start = datetime.fromisoformat(figure["period"]["start"])
    assert at - timedelta(hours=24) <= start < at, "since it is observed, and for a day at most"
    with Ledger(find(city_up.environment).ledger, lab.city.id) as ledger:
        seen = ledger.intervals([f"device:{d.id}" for d in lab.city.devices], start, at)
    seconds = {
        state: sum(map(length, (i for row in seen.values() for i in row if i.state is state))) for state in State
    }
    whole = (at - start).total_seconds() * len(lab.city.devices)
    inputs = figure["inputs"]
    assert inputs["devices_lower"]["value"] == pytest.approx(seconds[State.UP] / whole, abs=1e-6)
    assert inputs["devices_upper"]["value"] == pytest.approx(1 - seconds[State.DOWN] / whole, abs=1e-6)


def length(interval: Interval) -> float:
    return (interval.end - interval.start).total_seconds()


def test_a_poller_killed_ten_times_leaves_gaps_and_nothing_else(city_up: Operator, lab: Lab) -> None:
    workspace, random = find(city_up.environment), Random(11)  # noqa: S311 - a repeatable choice
    for _ in range(10):
        with city_up.start("poll", "--interval", "1") as process:
            time.sleep(random.uniform(0.5, 6))  # a random moment is what this test is about
            process.send_signal(signal.SIGKILL)
    now = datetime.now(UTC)
    with Ledger(workspace.ledger, lab.city.id) as ledger:
        seen = ledger.intervals(None, now - timedelta(hours=1), now)
    for intervals in seen.values():
        assert all(before.end <= after.start for before, after in pairwise(intervals))
    files = sorted(map(str, workspace.series.rglob("*.parquet")))
    assert files
    [(rows,)] = duckdb.connect().execute("SELECT count(*) FROM read_parquet(?, union_by_name=true)", [files]).fetchall()
    assert rows > 0
    later = now + timedelta(hours=1)
    with Ledger(workspace.ledger, lab.city.id) as ledger:
        live = next(one for one in Promised(lab.city).figures(ledger, later) if one.id == "wireless-coverage")
    assert (live.value, live.lower) == (None, 0), "an hour after the last look nothing is known to be up"
    assert live.input("access_points_unknown").value == len(lab.city.access_points)
