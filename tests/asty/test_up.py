"""`asty up` whole, on clouds and devices that end as the test says; the lab and the workers are not started."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import Mock, patch

import pytest
from click.testing import CliRunner, Result

from asty.__main__ import main
from asty.observed import LAB
from city.outcome import Outcome, Status
from lab.left_out import LeftOut
from network.plan import PushPlan
from tests.asty.fakes import NEW, FakeClouds, FakeDevices, entry, world

CITY = Path(__file__).parents[2] / "cities" / "example"


@dataclass(slots=True, kw_only=True)
class OneFails(FakeDevices):
    """The first device ends as `end` says, the others as intended."""

    end: Status = Status.FAILED

    def push(self, plan: PushPlan) -> tuple[Outcome, ...]:
        first, *others = FakeDevices.push(self, plan)
        return (Outcome(subject=first.subject, status=self.end, reason="it does not answer"), *others)


@pytest.fixture
def clouds() -> FakeClouds:
    return FakeClouds(steps={"lab-datacentre": (NEW,)})


@pytest.fixture
def devices() -> OneFails:
    return OneFails(entries=(entry("ap-1"), entry("ap-2")))


@pytest.fixture
def started(clouds: FakeClouds, devices: OneFails) -> Iterator[Mock]:
    """What begins after the devices: the first look, then the workers."""
    begun = Mock()
    begun.start_workers.return_value = "http://127.0.0.1:1/"
    with (
        patch("asty.verbs.up.lab_access") as access,
        patch("asty.verbs.up.world", return_value=world(clouds, devices)) as there,
        patch("asty.verbs.up.look_once", begun.look_once),
        patch("asty.verbs.up.start_workers", begun.start_workers),
    ):
        begun.there = there
        begun.lab, begun.to_have_hosts = access.lab, access.to_have_hosts
        begun.lab_up = access.lab.return_value.up
        begun.lab_up.return_value = ()
        access.unprobed.return_value = frozenset()
        begun.unprobed = access.unprobed
        yield begun


def up(tmp_path: Path, *options: str) -> Result:
    environ = {"XDG_STATE_HOME": str(tmp_path), "ASTY_CITY": str(CITY), "ASTY_WORKSPACE": "lab"}
    return CliRunner().invoke(main, ["up", *options], env=environ, prog_name="asty")


@pytest.mark.slow
@pytest.mark.parametrize(("end", "code"), [(Status.CHANGED, 0), (Status.FAILED, 1), (Status.UNKNOWN, 4)], ids=str)
def test_whatever_became_of_a_device_all_are_observed_and_the_promises_told(
    tmp_path: Path, started: Mock, devices: OneFails, end: Status, code: int
) -> None:
    devices.end = end
    done = up(tmp_path, "--json")
    assert done.exit_code == code, done.stderr
    begun = [name for name, *_ in started.mock_calls if name in {"look_once", "start_workers"}]
    assert begun == ["look_once", "start_workers"]
    found = json.loads(done.stdout)
    assert list(found) == ["observed_in", "promises", "dashboard", "outcomes", "left_out"]
    assert found["observed_in"] == "lab"
    assert found["promises"] and found["dashboard"] == "http://127.0.0.1:1/"
    assert (found["outcomes"]["exit_code"], found["outcomes"]["tally"][end.value] > 0) == (code, True)


def test_what_failed_is_told_when_it_is_known_and_recalled_at_the_end(tmp_path: Path, started: Mock) -> None:
    done = up(tmp_path)
    assert done.exit_code == 1
    assert "failed   ap-1: it does not answer" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Not everything is as the city wants it")
    assert done.stdout.splitlines()[-2:] == [LAB, "dashboard: http://127.0.0.1:1/"]
    assert started.start_workers.called


def test_where_no_server_runs_it_says_that_services_are_not_probed(tmp_path: Path, started: Mock) -> None:
    started.unprobed.return_value = frozenset({"portal", "identity"})
    told = up(tmp_path).stdout.splitlines()[-2]
    assert told == "2 services: not probed here, for nothing runs behind their servers"


def test_what_the_machine_does_not_allow_is_told_at_the_end_with_the_reason(tmp_path: Path, started: Mock) -> None:
    started.lab_up.return_value = (
        LeftOut(part="the real routers", reason="none here", remedy="Run where root may.", devices=("ap-1",)),
    )
    expected = "left out: the real routers: none here. Run where root may."
    assert up(tmp_path).stdout.splitlines()[-1] == expected
    found = json.loads(up(tmp_path, "--json").stdout)
    assert [part["part"] for part in found["left_out"]] == ["the real routers"]
    assert started.there.call_args.kwargs == {"without": ["ap-1"]}, "nobody asks a device that is left out"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "wanted"), [(["--hosts"], True), (["--without-hosts"], False), ([], None)], ids=str
)
@pytest.mark.parametrize("hosts", [True, False])
def test_servers_really_run_where_it_is_wanted_or_the_machine_can(
    tmp_path: Path, started: Mock, options: list[str], *, wanted: bool | None, hosts: bool
) -> None:
    started.to_have_hosts.return_value = hosts
    up(tmp_path, *options)
    assert started.to_have_hosts.call_args.args[1] is wanted
    assert started.lab.call_args.kwargs == {"hosts": hosts}


def test_a_cloud_that_failed_is_observed_too(tmp_path: Path, started: Mock, clouds: FakeClouds) -> None:
    clouds.ends = {"lab-datacentre": Status.FAILED}
    assert up(tmp_path).exit_code == 1
    assert started.look_once.called and started.start_workers.called
    assert clouds.kept == 1, "what it made before it failed is in that state alone"
