"""What the lab goes without on this machine: an optional part, the reason, and what would bring it."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """`part` as a person calls it, and the city's devices in it; the rest of the lab runs without."""

    part: str
    reason: str
    remedy: str
    devices: tuple[str, ...] = ()

    def of(self, devices: tuple[str, ...]) -> "LeftOut":
        return replace(self, devices=devices)

    def __str__(self) -> str:
        return f"left out: {self.part}: {self.reason}. {self.remedy}"

    def as_json(self) -> dict[str, str | list[str]]:
        return {"part": self.part, "reason": self.reason, "remedy": self.remedy, "devices": list(self.devices)}
