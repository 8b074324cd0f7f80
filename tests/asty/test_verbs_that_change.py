"""`asty plan` and `asty apply` whole, on clouds and devices that end as the test says."""

import json
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result

from asty.__main__ import main
from asty.workspace import Workspace
from city.errors import Refused
from city.outcome import Status
from network.plan import Kind
from tests.asty.fakes import NEW, FakeClouds, FakeDevices, entry, world

CITY = Path(__file__).parents[2] / "cities" / "example"


@pytest.fixture
def clouds() -> FakeClouds:
    return FakeClouds(steps={"lab-datacentre": (NEW,)})


@pytest.fixture
def devices() -> FakeDevices:
    return FakeDevices(entries=(entry("ap-1"), entry("ap-2")))


@pytest.fixture
def worked_on() -> list[Workspace]:
    """The workspaces that Pulumi's folder was opened for."""
    return []


@pytest.fixture
def home(tmp_path: Path, clouds: FakeClouds, devices: FakeDevices, worked_on: list[Workspace]) -> Iterator[Path]:
    """A workspace whose world is the fakes'."""
    there = world(clouds, devices)
    with (
        patch("asty.verbs.plan.world", return_value=there),
        patch("asty.verbs.apply.world", return_value=there),
        patch("asty.lab_access.project", side_effect=lambda workspace, _report: worked_on.append(workspace)),
    ):
        yield tmp_path / "asty" / "lab"


def asty(home: Path, *args: str, city: Path = CITY) -> Result:
    environ = {"XDG_STATE_HOME": str(home.parents[1]), "ASTY_CITY": str(city), "ASTY_WORKSPACE": "lab"}
    return CliRunner().invoke(main, args, env=environ, prog_name="asty")


def planned(home: Path) -> str:
    done = asty(home, "plan", "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["hash", "city", "stacks", "devices", "by_hand", "led"]
    return str(found["hash"])


def test_a_plan_is_shown_kept_and_done(home: Path, clouds: FakeClouds, devices: FakeDevices) -> None:
    shown = asty(home, "plan")
    assert "+ Network iot" in shown.stdout and "2 alike: ap-1, ap-2" in shown.stdout
    found = planned(home)
    assert f"asty apply --plan {found[:12]}" in shown.stdout
    assert [path.stem for path in (home / "plans").glob("*.json")] == [found]
    assert clouds.done == [] and devices.pushed == []
    before = clouds.kept
    done = asty(home, "apply", "--plan", found[:8])
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "3 changed\n"
    assert clouds.done == ["lab-datacentre"] and len(devices.pushed) == 1
    assert clouds.kept == before + 1, "copies are made also of stacks in which nothing is to be done"


def test_the_same_world_has_the_same_plan(home: Path) -> None:
    assert planned(home) == planned(home)


def test_a_stale_plan_is_refused_with_exit_3_and_nothing_done(
    home: Path, clouds: FakeClouds, devices: FakeDevices
) -> None:
    found = planned(home)
    devices.entries = (entry("ap-1"), replace(entry("ap-2"), running="someone else's"))
    done = asty(home, "apply", "--plan", found, "--json")
    assert done.exit_code == 3
    assert "the world moved" in done.stderr and "device ap-2: its running configuration is another" in done.stderr
    assert json.loads(done.stdout)["error"]["exit_code"] == 3
    assert clouds.done == [] and devices.pushed == []


@pytest.mark.parametrize(
    ("end", "code"),
    [pytest.param(Status.FAILED, 1, id="a resource failed"), pytest.param(Status.UNKNOWN, 4, id="one is unknown")],
)
def test_exit_is_by_the_worst(home: Path, clouds: FakeClouds, end: Status, code: int) -> None:
    clouds.ends = {"lab-datacentre": end}
    done = asty(home, "apply", "--plan", planned(home), "--json")
    assert done.exit_code == code
    found = json.loads(done.stdout)
    assert list(found) == ["exit_code", "tally", "outcomes"]
    assert (found["exit_code"], found["tally"]["skipped"]) == (code, 2)


def test_what_is_saved_while_a_plan_is_carried_out_waits_for_the_next(
    home: Path, clouds: FakeClouds, worked_on: list[Workspace], tmp_path: Path
) -> None:
    """Pulumi runs its program anew for each stack, on the folder that it was given."""
    city, seen = tmp_path / "city", []
    shutil.copytree(CITY, city)
    (city / ".#services.yaml").symlink_to("somebody@edits.this")

    def meanwhile() -> None:
        (city / "services.yaml").write_text("another:\n")
        folder = worked_on[-1].city_folder
        seen.append(((folder / "services.yaml").read_text(), stat.S_IMODE(folder.parent.stat().st_mode)))

    clouds.meanwhile = meanwhile
    done = asty(home, "apply", "--plan", planned(home), city=city)
    assert done.exit_code == 0, done.stderr
    assert seen == [((CITY / "services.yaml").read_text(), 0o700)]
    assert [path.suffix for path in (home / "plans").iterdir()] == [".json"], "the copy is gone"


def test_a_defect_is_named_where_it_is_mended(home: Path, clouds: FakeClouds, tmp_path: Path) -> None:
    city, found = tmp_path / "city", planned(home)
    shutil.copytree(CITY, city)
    (city / "services.yaml").write_text("portal: 1\n")
    done = asty(home, "apply", "--plan", found, city=city)
    assert done.exit_code == 2 and f"{city}/services.yaml:1" in done.stderr
    assert clouds.done == []


def test_what_the_guards_refuse_is_no_plan(home: Path, clouds: FakeClouds) -> None:
    clouds.ends = {"preview lab-recovery": Refused("the declared city", "the guards refuse it", "Mend it.")}
    done = asty(home, "plan")
    assert done.exit_code == 3 and "guards" in done.stderr
    assert list((home / "plans").iterdir()) == []


def test_nothing_to_do_is_said(home: Path, clouds: FakeClouds, devices: FakeDevices) -> None:
    clouds.steps, devices.entries = {}, ()
    assert asty(home, "plan").stdout.splitlines()[-1] == "nothing to do"


def test_devices_that_nobody_could_look_at_are_not_nothing(
    home: Path, clouds: FakeClouds, devices: FakeDevices
) -> None:
    clouds.steps, devices.entries = {}, (entry("ap-1", Kind.SAME), entry("ap-2", Kind.UNREACHABLE))
    last = asty(home, "plan").stdout.splitlines()[-1]
    assert last.endswith("devices that could not be looked at, and may need anything: 1")
    assert "nothing" not in last


@pytest.mark.slow
def test_with_a_site_gone_the_rest_is_planned_and_applied(home: Path, clouds: FakeClouds, devices: FakeDevices) -> None:
    clouds.away, devices.entries = ("lab-datacentre", "lab-workloads-datacentre"), (entry("ap-1"),)
    told = asty(home, "plan").stdout
    assert "stack lab-datacentre: out of reach" in told
    assert told.splitlines()[-1].endswith("; stacks and devices that could not be looked at, and may need anything: 2")
    done = asty(home, "apply", "--plan", json.loads(asty(home, "plan", "--json").stdout)["hash"])
    assert done.exit_code == 1
    assert "nothing listens there" in done.stdout
    assert not {"lab-datacentre", "lab-workloads-datacentre"} & set(clouds.done)
    assert devices.pushed


def test_nothing_is_wiped_where_nobody_can_be_asked(home: Path) -> None:
    kept = home / "lab" / "secrets" / "device-password"
    kept.parent.mkdir(parents=True)
    kept.write_text("x")
    done = asty(home, "lab", "wipe")
    assert done.exit_code == 3 and "--yes" in done.stderr
    assert kept.exists()
