"""Verbs that need no lab, in this very process; test_main runs some as a shell does."""

import json
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from click.testing import CliRunner, Result

from asty import lab_access, outlook
from asty.__main__ import main
from asty.observed import keep_declared
from asty.verbs import serve
from asty.workspace import find
from city.kept import fingerprint_of, keep
from city.load import load
from city.model.city import City
from drs.outside.marker import writes
from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.store import Ledger
from monitoring.radios import subject
from monitoring.snmp.client import SnmpClient
from monitoring.snmp.engines import EngineName, open_engine

ROOT = Path(__file__).parents[2]
_NO_OTHER = dict.fromkeys(("ASTY_WORKSPACE", "ASTY_BASE_PORT", "ASTY_BASE_ADDRESS"))
EXAMPLE = ROOT / "cities" / "example"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The state of workspace `lab`."""
    state = tmp_path / "state" / "asty" / "lab"
    state.mkdir(parents=True)
    return state


def asty(home: Path, *args: str, **variables: str) -> Result:
    environ = {"XDG_STATE_HOME": str(home.parents[1]), "ASTY_CITY": str(EXAMPLE), **_NO_OTHER, **variables}
    return CliRunner().invoke(main, args, env=environ, prog_name="asty")


def answer(home: Path, *args: str) -> Any:  # noqa: ANN401 - JSON is any JSON
    done = asty(home, *args, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


KEYS = {"value", "lower", "upper", "target", "met", "unit", "as_of", "period", "formula", "inputs"}


def test_kpi_of_a_city_that_nobody_observed_is_unknown_never_zero(home: Path) -> None:
    found = answer(home, "kpi")
    assert list(found) == ["as_of", "observed_in", "city_data", "promises"]
    assert found["observed_in"] == "lab"
    assert list(found["promises"]) == [promise.id for promise in load(EXAMPLE).promises]
    assert all(set(figure) >= KEYS for figure in found["promises"].values())
    live = found["promises"]["wireless-coverage"]
    assert live["value"] is None and live["lower"] == 0 < live["upper"]
    assert found["promises"]["availability"]["met"] is None


def test_kpi_at_a_moment_is_as_it_was_then(home: Path) -> None:
    seen = datetime.now(UTC) - timedelta(hours=2)
    aps = load(EXAMPLE).access_points
    with Ledger(f"sqlite:///{home / 'ledger.sqlite'}", "example") as ledger:
        ledger.observe(
            Observation(subject=subject(ap.id, radio.band), at=seen, state=State.UP, reach=timedelta(minutes=5))
            for ap in aps
            for radio in ap.radios
        )
    then = answer(home, "kpi", "--at", (seen + timedelta(minutes=1)).isoformat())["promises"]["wireless-coverage"]
    now = answer(home, "kpi")["promises"]["wireless-coverage"]
    assert then["value"] == then["inputs"]["designed"]["value"] > 0
    assert (now["value"], now["lower"]) == (None, 0)
    assert then["inputs"]["access_points_up"]["value"] == len(aps)


def observed(home: Path, city: City, at: datetime) -> None:
    """Every radio of the city up at `at`, as its worker would keep it."""
    with Ledger(home / "ledger.sqlite", city.id, declared=city.fingerprint) as ledger:
        ledger.observe(
            Observation(subject=subject(ap.id, radio.band), at=at, state=State.UP, reach=timedelta(minutes=5))
            for ap in city.access_points
            for radio in ap.radios
        )


def test_a_past_figure_is_that_of_the_city_as_it_was_declared_then(home: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(EXAMPLE, tmp_path / "copy"))
    city, seen = load(copy), datetime.now(UTC) - timedelta(hours=2)
    observed(home, city, seen)
    keep_declared(find({"XDG_STATE_HOME": str(home.parents[1]), "ASTY_CITY": str(copy)}), city)
    moment = (seen + timedelta(minutes=1)).isoformat()
    before = answer(home, "kpi", "--at", moment)
    rows = (copy / "city.yaml").read_text(encoding="utf-8")
    (copy / "city.yaml").write_text(rows.replace("threshold: -67 dBm", "threshold: -40 dBm"), encoding="utf-8")
    then = json.loads(asty(home, "kpi", "--at", moment, "--json", ASTY_CITY=str(copy)).stdout)
    assert then["promises"] == before["promises"], "whatever is declared now"
    assert then["city_data"] == then["promises"]["wireless-coverage"]["city_data"] == city.fingerprint
    now = json.loads(asty(home, "kpi", "--json", ASTY_CITY=str(copy)).stdout)
    assert now["city_data"] == now["promises"]["wireless-coverage"]["city_data"] != city.fingerprint
    assert now["promises"]["wireless-coverage"]["inputs"]["threshold_dbm"]["value"] == -40


@pytest.mark.slow
def test_a_past_figure_whose_city_data_are_gone_says_so_instead_of_changing(home: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(EXAMPLE, tmp_path / "copy"))
    seen = datetime.now(UTC) - timedelta(hours=2)
    observed(home, load(copy), seen)
    moment = (seen + timedelta(minutes=1)).isoformat()
    (copy / "cost.yaml").write_text((EXAMPLE / "cost.yaml").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    found = json.loads(asty(home, "kpi", "--at", moment, "--json", ASTY_CITY=str(copy)).stdout)
    assert found["city_data"] == load(EXAMPLE).fingerprint
    for figure in found["promises"].values():
        assert [figure[key] for key in ("city_data", "value", "lower", "upper", "met")] == [None] * 5
    told = asty(home, "kpi", "--at", moment, ASTY_CITY=str(copy)).stdout
    assert told.count("are not at hand") == len(found["promises"])


def test_data_of_then_that_no_rule_of_today_admits_are_not_at_hand(home: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(EXAMPLE, tmp_path / "copy"))
    (copy / "cost.yaml").write_text("baseline: {}\n", encoding="utf-8")
    once = fingerprint_of(copy)
    seen = datetime.now(UTC) - timedelta(hours=2)
    observed(home, replace(load(EXAMPLE), fingerprint=once), seen)
    assert keep(copy, once, home / "declared")
    found = answer(home, "kpi", "--at", (seen + timedelta(minutes=1)).isoformat())
    assert found["city_data"] == once
    assert {figure["city_data"] for figure in found["promises"].values()} == {None}


def test_before_anybody_recorded_the_citys_data_those_of_today_are_used(home: Path) -> None:
    found = answer(home, "kpi", "--at", "2020-01-01")
    assert (found["city_data"], found["promises"]["broadband"]["city_data"]) == (None, load(EXAMPLE).fingerprint)


@pytest.mark.parametrize(
    "verb",
    [
        pytest.param(("kpi",), id="kpi"),
        pytest.param(("poll", "--once"), id="poll"),
        pytest.param(("serve",), id="serve"),
        pytest.param(("up",), id="up"),
    ],
)
def test_the_observations_of_another_city_are_refused_before_anything_is_done(
    home: Path, monkeypatch: pytest.MonkeyPatch, verb: tuple[str, ...]
) -> None:
    monkeypatch.setattr(lab_access, "inventory", lambda _workspace, _city: {})
    monkeypatch.setattr(serve, "listen", lambda _port: socket.create_server(("127.0.0.1", 0)))
    monkeypatch.setattr(lab_access, "lab", Mock(side_effect=AssertionError("nothing is started")))
    with Ledger(f"sqlite:///{home / 'ledger.sqlite'}", "thessaloniki") as ledger:
        ledger.observe(
            [Observation(subject="service:portal", at=datetime.now(UTC), state=State.UP, reach=timedelta(hours=1))]
        )
    done = asty(home, *verb)
    assert done.exit_code == 3, done.stderr
    assert "it holds the observations of thessaloniki. Use another --workspace." in done.stderr
    assert "%" not in done.stdout


@pytest.mark.slow
def test_a_copy_of_a_city_goes_on_with_its_observations(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "draft-of-example"
    shutil.copytree(EXAMPLE, copy)
    with Ledger(f"sqlite:///{home / 'ledger.sqlite'}", "example") as ledger:
        ledger.observe(
            [Observation(subject="service:portal", at=datetime.now(UTC), state=State.UP, reach=timedelta(hours=1))]
        )
    assert asty(home, "kpi", ASTY_CITY=str(copy)).exit_code == 0


def test_kpi_for_people_says_what_is_kept(home: Path) -> None:
    said = asty(home, "kpi").stdout
    assert "Households with broadband" in said and ": kept" in said
    assert "Residents with free Wi-Fi: unknown (between 0.00 % and" in said
    assert "in a laboratory that stands in for the city's equipment" in said.splitlines()[-1]


@pytest.mark.parametrize("at", ["yesterday", "2030-13-01"])
def test_kpi_at_no_time_is_usage(home: Path, at: str) -> None:
    done = asty(home, "kpi", "--at", at)
    assert done.exit_code == 2 and "not a time" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chosen", "asked"),
    [
        pytest.param((), EngineName.OWN, id="our own unless another is asked for"),
        pytest.param(("--engine", "pysnmp"), EngineName.PYSNMP, id="pysnmp"),
    ],
)
def test_poll_asks_with_the_engine_that_is_chosen(
    home: Path, monkeypatch: pytest.MonkeyPatch, chosen: tuple[str, ...], asked: EngineName
) -> None:
    opened: list[EngineName] = []

    async def noted(name: EngineName, source: str = "") -> SnmpClient:
        opened.append(name)
        return await open_engine(name, source)

    monkeypatch.setattr(outlook, "open_engine", noted)
    monkeypatch.setattr(lab_access, "inventory", lambda _workspace, _city: {})
    found = answer(home, "poll", "--once", *chosen)
    assert opened == [asked]
    assert {seen["state"] for seen in found["subjects"]} == {"unknown"}


def test_doctor_tells_each_need_and_whether_the_lab_can_come_up(home: Path) -> None:
    done = asty(home, "doctor", "--json")
    found = json.loads(done.stdout)
    things = {finding["thing"]: finding for finding in found["findings"]}
    assert {"python", "git", "root or sudo", "package frr", "pulumi", "memory", "ports"} <= set(things)
    assert things["python"]["met"] is True
    blocked = any(finding["blocking"] and not finding["met"] for finding in things.values())
    assert (done.exit_code, found["ready"]) == (int(blocked), not blocked)


def test_doctor_tells_for_how_long_the_city_keeps_what_it_observes(home: Path, tmp_path: Path) -> None:
    town = tmp_path / "town"
    shutil.copytree(EXAMPLE, town)
    data = town / "city.yaml"
    declared = [line for line in data.read_text(encoding="utf-8").splitlines() if not line.startswith("retention:")]
    data.write_text("\n".join([*declared, "retention: {plans: 7d, pushes: 100d}", ""]), encoding="utf-8")
    kept = {"series_full": 30, "series": 730, "evidence": 400, "plans": 7, "pushes": 100}
    assert json.loads(asty(home, "--city", str(town), "doctor", "--json").stdout)["retention"] == kept
    told = [line.split() for line in asty(home, "--city", str(town), "doctor").stdout.splitlines()]
    assert [line for line in told if line[0] == "kept"] == [
        ["kept", what, str(days), "days"] for what, days in kept.items()
    ]
    data.write_text("id: [", encoding="utf-8")
    assert json.loads(asty(home, "--city", str(town), "doctor", "--json").stdout)["retention"] is None
    assert "retention: see `asty check`" in asty(home, "--city", str(town), "doctor").stdout


def test_serve_on_a_port_that_is_taken_says_who_may_have_it_and_the_way_out(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = asty(home, "serve", "--port", str(port))
    assert done.exit_code == 1
    assert f"port {port}: it is taken, perhaps by the dashboard that `make up` started" in done.stderr
    assert "Open that, or give --port." in done.stderr
    assert "http://" not in done.output, "an address is shown only where something answers"


def test_serve_on_a_port_that_is_not_ours_to_open_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_server", Mock(side_effect=PermissionError(13, "Permission denied")))
    done = asty(home, "serve", "--port", "80")
    assert done.exit_code == 1
    assert "port 80: Permission denied" in done.stderr and "give --port" in done.stderr


def test_serve_listens_on_loopback_alone_before_it_tells_its_address(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr("monitoring.dashboard.app.serve", lambda _app, listening: asked.append(listening.getsockname()))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = asty(home, "serve", "--port", str(port))
    assert done.exit_code == 0 and f"dashboard: http://127.0.0.1:{port}/" in done.stderr
    assert asked == [("127.0.0.1", port)]


@pytest.mark.slow
def test_draft_says_what_it_would_write_and_writes_the_same_rows_again(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "town"
    shutil.copytree(ROOT / "cities" / "thessaloniki", copy)
    before = {path.name: path.read_text() for path in copy.glob("*.csv")}
    would = asty(home, "draft", "--dry-run", ASTY_CITY=str(copy))
    assert would.exit_code == 0 and would.stdout.count("would write") == 3
    done = asty(home, "draft", ASTY_CITY=str(copy))
    assert done.exit_code == 0 and done.stdout.count("wrote ") == 3
    assert {path.name: path.read_text() for path in copy.glob("*.csv")} == before


@pytest.mark.parametrize(
    "verb",
    [
        pytest.param(("push",), id="push"),
        pytest.param(("poll", "--once"), id="poll"),
        pytest.param(("playbook",), id="playbook"),
        pytest.param(("lab", "status"), id="lab status"),
    ],
)
def test_without_a_lab_nothing_is_invented(home: Path, verb: tuple[str, ...]) -> None:
    done = asty(home, *verb)
    assert done.exit_code in {1, 2}
    assert "Traceback" not in done.stderr and "asty itself" not in done.stderr


def test_status_says_whether_servers_really_run(home: Path) -> None:
    ours = find({"XDG_STATE_HOME": str(home.parents[1])})
    for hosts, expected in (
        (False, "servers: they are records of the clouds alone"),
        (True, "servers: they really run"),
    ):
        shutil.rmtree(ours.lab_root, ignore_errors=True)
        lab_access.params(ours, hosts=hosts).claim()
        assert any(line.startswith(expected) for line in asty(home, "lab", "status").stdout.splitlines())
        assert json.loads(asty(home, "lab", "status", "--json").stdout)["hosts"] is hosts


def test_the_workers_are_seen_beside_the_lab(home: Path) -> None:
    said = asty(home, "lab", "status").stdout.splitlines()
    assert said[-2:] == ["poller: not running", "dashboard: not running"]
    found = json.loads(asty(home, "lab", "status", "--json").stdout)
    assert list(found) == ["parts", "hosts", "workers", "faults"]
    assert found["workers"][0] == {"name": "poller", "state": "not running", "pid": None}


@pytest.mark.parametrize(
    ("args", "told"),
    [
        pytest.param(("push", "--select", "colour=red"), "not selected by 'colour'", id="a key that is none"),
        pytest.param(("push", "--select", "id=ap-9999"), "no device has id", id="a device that is not there"),
        pytest.param(("push", "--resume", "--dry-run"), "without --select", id="resuming changes devices"),
        pytest.param(("push", "--resume", "--select", "id=ap-0001"), "without --select", id="resuming knows which"),
        pytest.param(("playbook", "explode"), "There is baseline", id="a playbook that is not there"),
        pytest.param(("poll", "--engine", "snmpwalk"), "is not one of", id="an engine that is none"),
        pytest.param(("apply", "--plan", "abcdef"), "there is no such plan", id="a plan that was never made"),
        pytest.param(("apply",), "Missing option '--plan'", id="no plan at all"),
        pytest.param(("lab", "fault", "off"), "no target", id="a fault that befalls nobody"),
        pytest.param(("lab", "fault", "slow", "ap-0001"), "must be told latency_s", id="a fault half told"),
        pytest.param(("lab", "fault", "explode", "ap-0001"), "is not one of", id="a fault that is none"),
    ],
)
def test_bad_usage_says_what_to_do(home: Path, args: tuple[str, ...], told: str) -> None:
    done = asty(home, *args)
    assert done.exit_code == 2, done.stderr
    assert told in done.stderr


def test_a_broken_line_stops_every_verb_before_anything_is_touched(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "town"
    shutil.copytree(EXAMPLE, copy)
    services = copy / "services.yaml"
    lines = services.read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if "rto:" in line)
    lines[at] = "  rto: 4 parsecs"
    services.write_text("\n".join(lines) + "\n")
    for verb in (("check",), ("plan",), ("push",), ("kpi",), ("poll", "--once"), ("drill", "readiness"), ("up",)):
        done = asty(home, *verb, ASTY_CITY=str(copy))
        assert done.exit_code == 2, (verb, done.stderr)
        assert f"services.yaml:{at + 1}:" in done.stderr
    assert not (home / "journal.sqlite").exists() and not (home / "ledger.sqlite").exists()


def test_down_works_whatever_became_of_the_data(home: Path, tmp_path: Path) -> None:
    done = asty(home, "down", ASTY_CITY=str(tmp_path))
    assert done.exit_code == 0, done.stderr


def test_down_ends_whoever_writes_marks_of_a_drill_that_was_killed(home: Path, tmp_path: Path) -> None:
    """A client outlives who started it, and the name that it asks for stands nowhere."""
    files = [home / "marks" / "portal.jsonl", home / "sites/recovery/drills/one/marks/portal.jsonl"]
    doors = [{"fqdn": "nowhere.invalid.", "port": 1, "file": str(file)} for file in files]
    for file in files:
        file.parent.mkdir(parents=True)
    told = json.dumps({"resolvers": [], "trust": None, "doors": doors, "every_s": 0.02, "longest_s": 600})
    with subprocess.Popen([sys.executable, "-m", "drs.outside.marker", told]) as client:
        while not all(map(writes, files)):
            assert client.poll() is None
        assert asty(home, "down", ASTY_CITY=str(tmp_path)).exit_code == 0
        assert client.wait(60) == 0
