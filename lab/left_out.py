"""What the lab goes without on this machine: an optional part, the reason, and what would bring it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """`part` as a person calls it; the rest of the lab runs without it."""

    part: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"left out: {self.part}: {self.reason}. {self.remedy}"

    def as_json(self) -> dict[str, str]:
        return {"part": self.part, "reason": self.reason, "remedy": self.remedy}
