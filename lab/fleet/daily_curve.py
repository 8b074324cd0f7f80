"""How many people a radio serves over the week, and the bytes they move: pure, and the same for one seed.

Load follows the local hour and day: an hourly profile of one week, joined by straight lines. Bytes are
the exact integral of the load, so a counter grows by the same amount between two times whoever reads it
how often. Associated clients carry noise on top, held for some minutes: people come and go in steps.

The profile's shape is an assumption (public Wi-Fi: least at four in the morning, most in the evening);
it stands in for measurements and is labelled as lab data wherever it is shown.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

HOUR_S = 3600
DAY_H, WEEK_H = 24, 168
WEEK_S = WEEK_H * HOUR_S
_WORKDAY = (10, 7, 5, 4, 3, 4, 9, 20, 38, 52, 60, 66, 72, 75, 74, 70, 68, 72, 84, 95, 100, 88, 60, 28)
_SATURDAY = (26, 20, 14, 9, 6, 5, 6, 10, 20, 38, 58, 74, 84, 86, 78, 68, 64, 70, 82, 94, 100, 98, 84, 56)
_SUNDAY = (44, 32, 22, 14, 8, 6, 5, 8, 16, 30, 46, 58, 64, 62, 56, 50, 52, 60, 72, 80, 78, 64, 42, 22)
PROFILE = tuple(percent / 100 for percent in (*_WORKDAY * 5, *_SATURDAY, *_SUNDAY))
"""Load at each full hour of a week from Monday 00:00, as a share of the busiest hour."""
_MONDAY_S = 4 * DAY_H * HOUR_S
"""1970-01-05 was a Monday."""
_STEP_S = 300
"""How long a draw of noise lasts."""
_NOISE = 0.25


def _trapezoids() -> tuple[float, ...]:
    """Integral of the profile from Monday 00:00 to each full hour, in busiest-hour seconds."""
    ring = (*PROFILE, PROFILE[0])
    return (0.0, *accumulate((a + b) / 2 * HOUR_S for a, b in pairwise(ring)))


_UNTIL = _trapezoids()


def share(local_s: float) -> float:
    """Load at a local wall-clock time in seconds since 1970, 0..1."""
    hour, into = divmod((local_s - _MONDAY_S) % WEEK_S, HOUR_S)
    here, there = PROFILE[int(hour) % WEEK_H], PROFILE[(int(hour) + 1) % WEEK_H]
    return here + (there - here) * into / HOUR_S


def _antiderivative(local_s: float) -> float:
    weeks, rest = divmod(local_s - _MONDAY_S, WEEK_S)
    hour, into = divmod(rest, HOUR_S)
    here = PROFILE[int(hour) % WEEK_H]
    slope = (PROFILE[(int(hour) + 1) % WEEK_H] - here) / HOUR_S
    return weeks * _UNTIL[-1] + _UNTIL[int(hour)] + here * into + slope * into * into / 2


@lru_cache(maxsize=4096)
def offset_s(zone: ZoneInfo, day: int) -> float:
    """What local time is ahead of UTC at the start of a UTC day (counted from 1970)."""
    shift = zone.utcoffset((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).astimezone(zone))
    return shift.total_seconds() if shift is not None else 0.0


def busy_s(zone: ZoneInfo, start_s: float, end_s: float) -> float:
    """Integral of the load between two UNIX times, in busiest-hour seconds.

    Local time is taken to change at midnight UTC of the day on which it does: no second is counted
    twice or left out.
    """
    total, at = 0.0, start_s
    for day in _changes(zone, int(start_s // 86400), int(end_s // 86400)):
        edge = min(max(day * 86400.0, at), end_s)
        total += _piece(zone, at, edge)
        at = edge
    return total + _piece(zone, at, end_s)


def _piece(zone: ZoneInfo, start_s: float, end_s: float) -> float:
    if end_s <= start_s:
        return 0.0
    shift = offset_s(zone, int(start_s // 86400))
    return _antiderivative(end_s + shift) - _antiderivative(start_s + shift)


@lru_cache(maxsize=1024)
def _changes(zone: ZoneInfo, first: int, last: int) -> tuple[int, ...]:
    """The days in (first, last] that begin with another offset than the day before them."""
    return tuple(day for day in range(first + 1, last + 1) if offset_s(zone, day) != offset_s(zone, day - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One radio's (or port's) people. `peak` is how many clients it has in the busiest hour."""

    seed: int
    name: str
    zone: ZoneInfo
    peak: float
    bytes_per_client_s: float

    def clients(self, at_s: float) -> int:
        """Associated clients."""
        load = self._share(at_s) * self.peak
        return max(0, round(load * (1 + _NOISE * (2 * draw(self.seed, self.name, int(at_s // _STEP_S)) - 1))))

    def utilisation(self, at_s: float) -> int:
        """Share of airtime in use, in percent: beacons and neighbours first, then our own clients."""
        neighbours = 4 + 8 * draw(self.seed, f"{self.name} neighbours", int(at_s // _STEP_S))
        return min(98, round(neighbours + 70 * self._share(at_s) * min(1.0, self.peak / 40)))

    def octets(self, start_s: float, end_s: float) -> float:
        """Bytes moved in both directions between two UNIX times; adds up over neighbouring spans."""
        return self.peak * self.bytes_per_client_s * busy_s(self.zone, start_s, end_s)

    def _share(self, at_s: float) -> float:
        return share(at_s + offset_s(self.zone, int(at_s // 86400)))


def draw(seed: int, *what: object) -> float:
    """A number in [0, 1) that only the seed and `what` decide."""
    digest = hashlib.blake2b(repr((seed, *what)).encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / (1 << 56)


def radio_curve(seed: int, zone: ZoneInfo, device_id: str, radio: int, *, wide: bool) -> Curve:
    """The people of one radio; a `wide` one (5 GHz) has more of them, who move more."""
    name = f"{device_id}/{radio}"
    place = 3 + 45 * draw(seed, device_id) ** 2.2
    return Curve(
        seed=seed,
        name=name,
        zone=zone,
        peak=place * (0.7 if wide else 0.3) * (0.8 + 0.4 * draw(seed, name)),
        bytes_per_client_s=(22_000 if wide else 9_000) * (0.7 + 0.6 * draw(seed, name, "rate")),
    )
