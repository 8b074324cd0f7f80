"""Machines on which no real router can stand: the reason is found before the work, and the rest of the lab goes on."""

import subprocess
import sys
from ipaddress import IPv4Address
from pathlib import Path
from unittest.mock import Mock

import pytest

from city.errors import Failed
from city.model.city import City
from lab.fleet import process as fleet
from lab.lab import Lab
from lab.left_out import LeftOut
from lab.openstack import regions
from lab.params import LabParams
from lab.real import process

WITHOUT_RIGHTS = ("setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin")
"""As root in a container that is not privileged: without CAP_SYS_ADMIN (capabilities(7))."""
ASK = "from lab.real.namespaces import lacking; found = lacking(); print(found and found.reason)"


MOUNTS = f"""
from pathlib import Path
mounts = Path("/proc/self/mounts")
before = mounts.read_text()
{ASK}
print(mounts.read_text() == before)
"""
APART = ("unshare", "--mount", "--propagation", "private")
"""Where nobody else mounts anything: labs of this machine do, all the time."""


def asked(*before: str, code: str = ASK) -> str:
    done = subprocess.run([*before, sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_machine_that_makes_namespaces_lacks_nothing() -> None:
    assert asked() == "None"


def test_a_kernel_that_refuses_namespaces_to_root_is_quoted() -> None:
    assert asked(*WITHOUT_RIGHTS) == (
        "this machine makes no namespaces (unshare: unshare failed: Operation not permitted)"
    )


def test_asking_leaves_no_mount_behind() -> None:
    assert asked(*APART, code=MOUNTS).split() == ["None", "True"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> LabParams:
    """A lab that shares no folder with the test run's own, in whose regions other tests make faults meanwhile."""
    return LabParams(name="elsewhere", root=tmp_path / "lab", base_port=26_200, base_address=IPv4Address("127.125.0.0"))


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """The needed parts of the lab, which come up at once here."""
    started = Mock()
    monkeypatch.setattr(regions, "up", started.regions)
    monkeypatch.setattr(fleet, "up", started.fleet)
    return started


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(Failed("sw-core-01", "the real router did not come up", "Read its log."), id="a router"),
        pytest.param(Failed("apt-get install", "no space left", "Free some."), id="its packages"),
    ],
)
def test_a_router_that_does_not_come_up_stops_nothing_else(
    parts: Mock, monkeypatch: pytest.MonkeyPatch, elsewhere: LabParams, example_city: City, refusal: Failed
) -> None:
    monkeypatch.setattr(process, "up", Mock(side_effect=refusal))
    said: list[str] = []
    left_out = Lab(elsewhere, example_city).up(said.append)
    expected = LeftOut(part="the real routers", reason=f"{refusal.thing}: {refusal.problem}", remedy=refusal.remedy)
    assert left_out == (expected.of(("sw-core-01",)),)
    assert said == [str(expected)]
    assert parts.regions.called and parts.fleet.called


def test_a_needed_part_that_does_not_come_up_is_an_error(
    parts: Mock, monkeypatch: pytest.MonkeyPatch, elsewhere: LabParams, example_city: City
) -> None:
    parts.fleet.side_effect = Failed("the fleet", "it did not come up", "Read its log.")
    monkeypatch.setattr(process, "up", Mock(return_value=None))
    with pytest.raises(Failed, match="the fleet"):
        Lab(elsewhere, example_city).up(print)
