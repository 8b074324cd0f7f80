"""What can be wrong with one device, as a value that its state carries."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """`off`: no power. `latency_s`: added to each answer. `loss`: share (0..1) of datagrams lost and answers stalled.

    `wrong_credentials`: the device's own are others than the inventory says. `rejects`: lines with one of
    these in them are refused. `reboot_after`: it reboots when it has taken so many more configuration lines.
    """

    off: bool = False
    latency_s: float = 0.0
    loss: float = 0.0
    wrong_credentials: bool = False
    rejects: tuple[str, ...] = ()
    reboot_after: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.loss <= 1:
            raise ValueError(f"a share of lost packets lies in 0..1, {self.loss} does not")
        if self.latency_s < 0:
            raise ValueError(f"no answer comes {-self.latency_s} s before its question")

    def rejected(self, line: str) -> bool:
        return any(part in line for part in self.rejects)


NONE = Faults()
