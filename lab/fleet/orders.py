"""What a running fleet is told to do to its devices, and what one of them is like, past its command line."""

from collections.abc import Iterable, Mapping, Sequence

from city.errors import Failed
from lab.fleet import control, patience
from lab.fleet.patience import Count
from lab.params import LabParams

_STRETCH_S = 60.0
"""How long devices may go without one more that comes back before they are given up."""


def look_at(params: LabParams, device: str) -> Mapping[str, object]:
    """One device's configurations (as it prints them) and state, past its command line. Raises Failed as `fault`."""
    return control.ask(params.root, {"do": "look", "device": device})


def fault(params: LabParams, devices: Iterable[str], changes: Mapping[str, object]) -> None:
    """Give these devices these faults (fields of lab.fleet.faults.Faults), beside those they have.

    Returns when they have them: one that is off takes no connection any more. Raises Failed where the fleet
    does not run, has no such device, or the fault makes no sense.
    """
    chosen = list(devices)
    control.ask(params.root, {"do": "fault", "devices": chosen, "set": dict(changes)})
    _await_settled(params, chosen)


def mend(params: LabParams, devices: Iterable[str]) -> None:
    """End every fault of these devices; those that were off boot. Returns when they have."""
    chosen = list(devices)
    control.ask(params.root, {"do": "clear", "devices": chosen})
    _await_settled(params, chosen)


def reboot(params: LabParams, devices: Iterable[str]) -> None:
    """Returns when they have booted."""
    chosen = list(devices)
    control.ask(params.root, {"do": "reboot", "devices": chosen})
    _await_settled(params, chosen)


def _await_settled(params: LabParams, devices: Sequence[str]) -> None:
    """One whose switch is off is settled too: nothing more will happen to it."""
    waiting = list(devices)

    def settled() -> Count:
        while waiting and look_at(params, waiting[-1])["settled"]:
            waiting.pop()
        return Count(len(devices) - len(waiting), len(devices))

    if not patience.wait(settled, _STRETCH_S).whole:
        raise Failed(waiting[-1], "it does not come back", f"Read {params.logs / 'fleet.log'}.")
