"""What becomes of each site's line and of the link between the sites: declared in one file, read when it changes.

Each way has its own lot: `there` is what the data centre sends, `back` what the recovery site sends. A way that is
only cut or whole is the kernel's work; once a way delays, loses or holds back, a process carries the link
(`lab.net.relay`), since not every kernel has a discipline for it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from city.errors import InvalidInput
from lab.params import LabParams

_LIMITS: dict[str, float] = {"delay_s": 60, "jitter_s": 60, "loss": 1, "rate_mbit": 100_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One direction. `loss` is the share of packets that are lost; `rate_mbit` 0 is as fast as the machine."""

    cut: bool = False
    delay_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    rate_mbit: float = 0.0

    def __post_init__(self) -> None:
        for name, limit in _LIMITS.items():
            if not 0 <= getattr(self, name) <= limit:
                problem = f"{name} is {getattr(self, name)}"
                raise InvalidInput("the link between the sites", problem, f"Choose 0 to {limit:g}.")

    @property
    def relayed(self) -> bool:
        """Whether only a process can do this to packets."""
        return bool(self.delay_s or self.jitter_s or self.loss or self.rate_mbit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Both ways of the link, and the sites, by index, that are `silent`: nothing comes out of them, nor in."""

    there: Way = Way()
    back: Way = Way()
    silent: frozenset[int] = frozenset()

    @property
    def deaf(self) -> frozenset[int]:
        """The sites, by index, that hear nothing over the link."""
        return frozenset({1} if self.there.cut else ()) | frozenset({0} if self.back.cut else ())

    @property
    def relayed(self) -> bool:
        return self.there.relayed or self.back.relayed

    def as_json(self) -> dict[str, Any]:
        return {"there": asdict(self.there), "back": asdict(self.back), "silent": sorted(self.silent)}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        return cls(
            there=Way(**found.get("there", {})),
            back=Way(**found.get("back", {})),
            silent=frozenset(map(int, found.get("silent", ()))),
        )


CLEAR = Weather()


def file(params: LabParams) -> Path:
    return params.root / "net" / "link.json"


def declare(params: LabParams, weather: Weather) -> None:
    """From now on this holds; the agent sees it within a second."""
    place = file(params)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = place.with_suffix(".new")
    partial.write_text(json.dumps(weather.as_json()) + "\n", encoding="utf-8")
    partial.replace(place)


def declared(params: LabParams) -> Weather:
    """What holds; fair weather where nothing was ever declared."""
    try:
        return Weather.from_json(json.loads(file(params).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return CLEAR
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidInput(str(file(params)), f"it cannot be read ({error})", "Declare the link anew.") from error
