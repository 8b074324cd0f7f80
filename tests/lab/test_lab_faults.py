from dataclasses import asdict

import pytest

from city.errors import InvalidInput
from lab.faults import OF_SERVERS, OF_SITES, Fault, FaultKind, names
from lab.fleet.faults import Faults


@pytest.mark.parametrize(
    ("fault", "changes"),
    [
        pytest.param(Fault(kind=FaultKind.OFF, targets=("ap",)), {"off": True}, id="off"),
        pytest.param(Fault(kind=FaultKind.SLOW, targets=("ap",), latency_s=2.5), {"latency_s": 2.5}, id="slow"),
        pytest.param(Fault(kind=FaultKind.LOSING, targets=("ap",), loss=1), {"loss": 1}, id="losing every packet"),
        pytest.param(
            Fault(kind=FaultKind.WRONG_CREDENTIALS, targets=("ap",)),
            {"wrong_credentials": True},
            id="wrong credentials",
        ),
        pytest.param(
            Fault(kind=FaultKind.REJECTING, targets=("ap",), line="vlan 7"),
            {"rejects": ["vlan 7"]},
            id="rejecting a line",
        ),
        pytest.param(
            Fault(kind=FaultKind.REBOOTING, targets=("ap",), after_lines=0), {"reboot_after": 0}, id="rebooting at once"
        ),
    ],
)
def test_a_devices_fault_is_what_the_fleet_understands(fault: Fault, changes: dict[str, object]) -> None:
    assert not fault.regional
    assert fault.changes() == changes
    assert changes.keys() <= asdict(Faults()).keys()


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        pytest.param({"kind": FaultKind.OFF, "targets": ()}, "befalls nothing", id="nobody"),
        pytest.param({"kind": FaultKind.SLOW, "targets": ("a",)}, "told latency_s, not nothing", id="slow by what"),
        pytest.param(
            {"kind": FaultKind.SLOW, "targets": ("a",), "loss": 0.5},
            "told latency_s, not loss",
            id="told another thing",
        ),
        pytest.param(
            {"kind": FaultKind.OFF, "targets": ("a",), "loss": 0.5}, "told nothing, not loss", id="told too much"
        ),
        pytest.param(
            {"kind": FaultKind.SLOW, "targets": ("a",), "latency_s": -1.0}, "not more than 0", id="answers early"
        ),
        pytest.param(
            {"kind": FaultKind.LOSING, "targets": ("a",), "loss": 1.5}, "not a share", id="loses more than all"
        ),
        pytest.param({"kind": FaultKind.LOSING, "targets": ("a",), "loss": 0.0}, "not a share", id="loses nothing"),
        pytest.param(
            {"kind": FaultKind.REJECTING, "targets": ("a",), "line": " "}, "every line", id="rejects all lines"
        ),
        pytest.param(
            {"kind": FaultKind.REBOOTING, "targets": ("a",), "after_lines": -1}, "less than 0", id="reboots before"
        ),
        pytest.param({"kind": FaultKind.REGION_OFF, "targets": ("a", "b")}, "2 regions", id="both regions at once"),
        pytest.param({"kind": FaultKind.SERVICE_DOWN, "targets": ("a",)}, "told service", id="which service"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(told: dict[str, object], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        Fault(**told)  # type: ignore[arg-type]  # that is what is tried


def whole(kind: str) -> Fault:
    """A fault of this kind, told all that it must be told."""
    told: dict[str, object] = {
        "latency_s": 1.0, "loss": 0.5, "line": "vlan", "after_lines": 1,
        "service": "nova", "unit": "ssh",
    }  # fmt: skip
    for name, value in [(None, None), *told.items()]:
        try:
            return Fault(kind=kind, targets=("a",), **({name: value} if name else {}))  # type: ignore[arg-type]  # tried
        except InvalidInput:
            continue
    raise AssertionError(f"{kind} takes none of {sorted(told)}")


@pytest.mark.parametrize("kind", names())
def test_what_befalls_a_server_or_a_site_is_no_change_of_a_device(kind: str) -> None:
    fault = whole(kind)
    assert (fault.regional, fault.of_servers) == (kind in OF_SITES, kind in OF_SERVERS)
    if fault.regional or fault.of_servers:
        with pytest.raises(ValueError, match="does not befall a device"):
            fault.changes()
    else:
        assert fault.changes()


def test_a_kind_that_nobody_knows_is_named_with_those_that_are() -> None:
    with pytest.raises(InvalidInput, match="region-off"):
        Fault(kind="flood", targets=("a",))


def test_the_faults_that_an_operator_names_are_all_there() -> None:
    assert set(names()) >= {
        "power-off", "freeze", "full-disk", "slow-disk", "process-killed", "memory-exhausted", "certificate-expired",
        "region-off", "service-down", "api-503", "dns-refuses", "off", "slow", "losing",
    }  # fmt: skip
