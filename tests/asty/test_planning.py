"""A plan is kept, found, and held against a world that may have moved."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from asty.change import Change
from asty.looking import look
from asty.planning import find, hold, keep
from city.errors import ExitCode, InvalidInput, Refused
from infra.plan import Step
from network.plan import Kind
from tests.asty.fakes import NEW, STACKS, FakeClouds, FakeDevices, entry, world


def silent(_line: str) -> None:
    pass


EVERYTHING: dict[str, tuple[Step, ...]] = {one.name: (NEW,) for one in STACKS}


def change(clouds: FakeClouds, devices: FakeDevices) -> Change:
    return look(world(clouds, devices), silent)


def test_a_kept_plan_is_found_by_its_beginning(tmp_path: Path) -> None:
    made = look(world(FakeClouds(steps=EVERYTHING), FakeDevices(entries=(entry("ap-1"),))), silent)
    path = keep(made, tmp_path)
    keep(made, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path], "no drafts stay"
    assert find(made.hash[:12], tmp_path) == find(made.hash, tmp_path) == made


@pytest.mark.parametrize(
    ("prefix", "problem"),
    [
        pytest.param("abcd", "no such plan", id="never made"),
        pytest.param("7777", "2 plans begin so", id="not unique"),
        pytest.param("77", "too short", id="too short"),
        pytest.param("", "too short", id="nothing at all"),
        pytest.param("8888", "no JSON", id="damaged"),
        pytest.param("9999", "cannot be read", id="of another shape"),
        pytest.param("../../etc/passwd", "no such plan", id="a path out of the folder"),
    ],
)
def test_a_plan_that_cannot_be_meant(prefix: str, problem: str, tmp_path: Path) -> None:
    for name, content in (("77771", ""), ("77772", ""), ("8888", "{"), ("9999", '{"hash": 1}')):
        (tmp_path / f"{name}.json").write_text(content)
    with pytest.raises(InvalidInput, match=problem):
        find(prefix, tmp_path)


def test_a_plan_altered_on_disk_is_not_done(tmp_path: Path) -> None:
    made = look(world(devices=FakeDevices(entries=(entry("ap-1"),))), silent)
    path = keep(made, tmp_path)
    content = json.loads(path.read_text())
    content["stacks"][0]["steps"] = [{"urn": "a::b::c::d", "op": "delete", "type": "c", "changed": [], "inputs": ""}]
    path.write_text(json.dumps(content))
    with pytest.raises(InvalidInput, match="does not fit its hash"):
        find(made.hash, tmp_path)


def test_a_world_that_stands_still_is_held() -> None:
    there = world(FakeClouds(steps=EVERYTHING), FakeDevices(entries=(entry("ap-1"),)))
    hold(look(there, silent), look(there, silent))


def test_a_world_that_moved_is_refused_and_nothing_is_done() -> None:
    clouds, devices = FakeClouds(steps=dict(EVERYTHING)), FakeDevices(entries=(entry("ap-1"),))
    planned = look(world(clouds, devices), silent)
    clouds.steps["lab-recovery"] = ()
    devices.entries = (replace(entry("ap-1"), running="bb"),)
    with pytest.raises(Refused) as refused:
        hold(planned, look(world(clouds, devices), silent))
    assert refused.value.exit_code is ExitCode.REFUSED
    assert "stack lab-recovery: no longer to do: + Network iot" in refused.value.problem
    assert "device ap-1: its running configuration is another" in refused.value.problem
    assert clouds.done == [] and devices.pushed == []


def test_a_refusal_lists_some_and_counts_the_rest() -> None:
    before = look(world(devices=FakeDevices(entries=tuple(entry(f"ap-{n}") for n in range(50)))), silent)
    with pytest.raises(Refused, match="and 38 more"):
        hold(before, look(world(), silent))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        pytest.param(Kind.SAME, Kind.UNREACHABLE, id="one that was as intended"),
        pytest.param(Kind.CHANGE, Kind.UNREACHABLE, id="one that was to be changed"),
        pytest.param(Kind.UNREACHABLE, Kind.CHANGE, id="one that came back: the next plan has it"),
    ],
)
def test_a_device_that_falls_silent_does_not_stop_the_clouds(was: Kind, now: Kind) -> None:
    before, after = (change(FakeClouds(steps=EVERYTHING), FakeDevices(entries=(entry("ap", k),))) for k in (was, now))
    hold(before, after)
    moved_stack = change(FakeClouds(), FakeDevices(entries=(entry("ap", now),)))
    with pytest.raises(Refused, match="no longer to do"):
        hold(before, moved_stack)
