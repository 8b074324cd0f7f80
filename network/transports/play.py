"""What the events of a play say of each device: nothing is as intended before the play came to its end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic

from city.outcome import Outcome, Status
from network.transports.transcript import words

_UNREACHABLE, _FAILED = "runner_on_unreachable", "runner_on_failed"
_HEARD = frozenset({_UNREACHABLE, _FAILED, "runner_on_ok", "runner_on_skipped"})
_CUT_OFF = "the play was cut off before its end: look at the device, then run it again"
_END = "playbook_on_stats"
"""Ansible's last event, with the sums of all plays: a run that was killed has none."""


@dataclass(slots=True, kw_only=True)
class _Said:
    heard: bool = False
    changed: bool = False
    trouble: str = ""
    duration_s: float = 0.0


@dataclass(slots=True)
class Play:
    """`hear` takes each event of ansible-runner; `outcome` tells what became of a device."""

    devices: Iterable[str]
    began: float = field(default_factory=monotonic)
    _ended: bool = False
    _said: dict[str, _Said] = field(init=False)

    def __post_init__(self) -> None:
        self._said = {device: _Said() for device in self.devices}

    @property
    def heard(self) -> bool:
        """Whether any device was asked."""
        return any(said.heard for said in self._said.values())

    def hear(self, event: Mapping[str, object]) -> bool:
        """Returns whether the runner is to keep the event on disk; it is not."""
        kind, data = str(event.get("event")), event.get("event_data")
        self._ended |= kind == _END
        if not isinstance(data, dict) or data.get("host") not in self._said or kind not in _HEARD:
            return False
        said, told = self._said[data["host"]], data.get("res")
        result = told if isinstance(told, dict) else {}
        said.heard, said.duration_s = True, monotonic() - self.began
        said.changed |= bool(result.get("changed"))
        if kind == _UNREACHABLE or (kind == _FAILED and not data.get("ignore_errors")):
            said.trouble = said.trouble or words("", str(result.get("msg") or "a task failed").strip())
        return False

    def outcome(self, device: str) -> Outcome:
        said = self._said[device]
        if said.trouble:
            status, reason = Status.FAILED, said.trouble
        elif not said.heard:
            status, reason = Status.UNKNOWN, "Ansible said nothing of it"
        elif not self._ended:
            status, reason = (
                Status.UNKNOWN,
                _CUT_OFF,
            )
        else:
            status, reason = (Status.CHANGED, "changed") if said.changed else (Status.OK, "as intended")
        return Outcome(subject=device, status=status, reason=reason, duration_s=said.duration_s)
