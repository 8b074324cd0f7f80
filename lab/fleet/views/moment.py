"""One device at one moment, in the quantities that its SNMP view is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from city.model.wireless import Band
from lab.fleet.daily_curve import Curve, draw
from lab.fleet.facts import Facts
from lab.fleet.state import DeviceState

DOWNSTREAM = 0.85
"""Share of the bytes that flow towards the people."""
Curves = tuple[tuple[Curve, ...], ...]
_BYTES_PER_PACKET = 800
_DRAW_S = 60


@dataclass(frozen=True)
class Moment:
    """`curves` has those of each meter: one for a radio, for a switch port those of the radios behind it."""

    state: DeviceState
    facts: Facts
    now: float
    curves: Curves
    inside: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """By radio and number of a network on it: the stations that a RADIUS server let in."""

    @property
    def uptime_ticks(self) -> int:
        """Hundredths of a second, as TimeTicks wrap after 497 days."""
        return int(self.state.uptime_s(self.now) * 100) % (1 << 32)

    @cached_property
    def octets(self) -> tuple[int, ...]:
        """Bytes in both directions since boot, of each meter."""
        return tuple(
            int(sum(curve.octets(start, end) for start, end in meter.until(self.now) for curve in curves))
            for meter, curves in zip(self.state.meters, self.curves, strict=True)
        )

    def clients(self, radio: int) -> int:
        return sum(self.inside_of(radio, number) for number in range(len(self.facts.radios[radio].ssids)))

    def inside_of(self, radio: int, number: int) -> int:
        """The stations of one network: all who want to join it, or of these whom a RADIUS server let in."""
        wanted = self.wanted(radio, number)
        if self.facts.radios[radio].asked(number) is None:
            return wanted
        return min(wanted, self.inside.get((radio, number), 0))

    def wanted(self, radio: int, number: int) -> int:
        """How many stations want to be in that network now."""
        facts = self.facts.radios[radio]
        if not facts.on_air:
            return 0
        return split(sum(curve.clients(self.now) for curve in self.curves[radio]), len(facts.ssids), number)

    def utilisation(self, radio: int) -> int:
        """Percent."""
        if not self.facts.radios[radio].enabled:
            return 0
        return max(curve.utilisation(self.now) for curve in self.curves[radio])

    def load(self) -> int:
        """Of its processor, in percent."""
        busy = sum(self.clients(radio.index) for radio in self.facts.radios)
        return min(99, 6 + busy // 2 + int(6 * draw(0, self.state.hardware.id, "load", int(self.now // _DRAW_S))))

    def band(self, radio: int) -> Band:
        return self.state.hardware.bands[radio]


def packets(octets: int) -> int:
    return octets // _BYTES_PER_PACKET


def downstream(octets: int) -> int:
    return int(octets * DOWNSTREAM)


def upstream(octets: int) -> int:
    return octets - downstream(octets)


def split(total: int, parts: int, part: int) -> int:
    """A whole shared out evenly: the parts add up to it."""
    return total // parts + (part < total % parts)
