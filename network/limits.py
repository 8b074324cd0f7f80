"""How much at once, and how long for each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`deadline_s` bounds the work on one device, and once more the dropping of what it staged in vain.

    `revert_after_s` is the device's own timer. It is longer than the deadline, so that no timer runs
    out under a push that still works on the device, and never below 90 s: a device that gets new
    radio settings needs that long to come back.
    """

    workers: int = 32
    deadline_s: float = 60.0
    revert_after_s: int = 120

    def __post_init__(self) -> None:
        if self.revert_after_s <= self.deadline_s:
            raise ValueError(f"a timer of {self.revert_after_s} s would end before the work of {self.deadline_s} s")

    @property
    def lease_s(self) -> float:
        """Until then nobody else pushes the device: its own timer has decided by that time."""
        return self.deadline_s + self.revert_after_s + 30
