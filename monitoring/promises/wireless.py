"""Residents whom the free Wi-Fi covers now: access points whose radio is seen up count, unknown ones are the bounds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from city.model.city import City
from city.model.places import Text
from city.model.promises import PromiseId
from monitoring.coverage.link import measured_streets
from monitoring.coverage.share import Coverage, Footprints, coverage, footprints
from monitoring.ledger.intervals import State
from monitoring.promises.figure import LEDGER, Bounds, Figure, Input, Period, alike, of_promise

FORMULA = Text(
    el="Σ κάτοικοι στα σημεία όπου P(στάθμη του καλύτερου σημείου πρόσβασης ≥ κατώφλι) ≥ ποσοστό θέσεων / Σ κάτοικοι. "
    "Μετρούν τα σημεία πρόσβασης με δίκτυο ανοικτό σε όλους (open ή OWE) και πομπό στη ζώνη του κανόνα. "
    "Απώλειες διαδρομής: 3GPP TR 38.901, UMi-Street Canyon. Τιμή και κάτω όριο: όσα φαίνεται ότι εκπέμπουν το δίκτυο "
    "στη ζώνη αυτή. Άνω όριο: και όσα μένουν άγνωστα.",
    en="sum of residents where P(level of the best access point >= threshold) >= quantile / sum of residents. "
    "Access points count that carry a network for everybody (open or OWE) and have a radio in the rule's band. "
    "Path loss: 3GPP TR 38.901, UMi-Street Canyon. Value and lower bound: those that are seen to send the network in "
    "that band. Upper bound: the unknown ones as well.",
)
RULE = alike("city.yaml, coverage_rule")
COMPUTED = Text(el="υπολογισμός από όσα δηλώνει η πόλη", en="computed from what the city declares")
SEEN_UP = Text(el="όσα σημεία πρόσβασης φαίνεται ότι εκπέμπουν", en="access points whose radio is seen up")


class Radio:
    """What follows from the declaration alone: made once for a city, used for every moment."""

    def __init__(self, city: City) -> None:
        self._city = city

    @cached_property
    def prints(self) -> Footprints:
        return footprints(self._city)

    @cached_property
    def second_opinion(self) -> float:
        """The designed share by ITU-R P.1411-12 instead."""
        prints = footprints(self._city, measured_streets)
        return coverage(prints, (), ()).designed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    up: frozenset[str]
    down: frozenset[str]
    unknown: frozenset[str]


def wireless_coverage(city: City, radio: Radio, states: Mapping[str, State], at: datetime) -> Figure:
    """The live figure at `at`; `states` of the rule's radios by access point, what is missing is unknown."""
    seen = _seen(radio.prints.access_points, states)
    found = coverage(radio.prints, seen.up, seen.unknown)
    return of_promise(
        city.promise(PromiseId.WIRELESS_COVERAGE),
        bounds=Bounds(value=found.lower if seen.up or seen.down else None, lower=found.lower, upper=found.upper),
        unit="share of residents",
        as_of=at,
        period=Period(start=at, end=at),
        formula=FORMULA,
        inputs=(*_observed(seen), *_computed(found, radio), *_declared(city)),
    )


def _seen(access_points: Iterable[str], states: Mapping[str, State]) -> _Seen:
    by_state: dict[State, set[str]] = {state: set() for state in State}
    for ap in access_points:
        by_state[states.get(ap, State.UNKNOWN)].add(ap)
    return _Seen(
        up=frozenset(by_state[State.UP]),
        down=frozenset(by_state[State.DOWN]),
        unknown=frozenset(by_state[State.UNKNOWN]),
    )


def _observed(seen: _Seen) -> tuple[Input, ...]:
    def count(name: str, el: str, en: str, devices: frozenset[str]) -> Input:
        label = Text(el=f"σημεία πρόσβασης που μετρούν, πομπός {el}", en=f"access points that count, radio {en}")
        return Input(name=name, label=label, value=len(devices), unit="access points", source=LEDGER)

    return (
        count("access_points_up", "ενεργός", "up", seen.up),
        count("access_points_down", "εκτός", "down", seen.down),
        count("access_points_unknown", "άγνωστος", "unknown", seen.unknown),
    )


def _computed(found: Coverage, radio: Radio) -> tuple[Input, ...]:
    def share(name: str, el: str, en: str, value: float, source: Text = COMPUTED) -> Input:
        return Input(name=name, label=Text(el=el, en=en), value=value, unit="share", source=source)

    return (
        share("designed", "κάλυψη σχεδίου, όλα ενεργά", "designed coverage, all up", found.designed),
        share(
            "expected",
            "αναμενόμενο μερίδιο τώρα, 1 - Π(1 - P)",
            "expected share now, 1 - prod(1 - P)",
            found.expected,
            SEEN_UP,
        ),
        share(
            "expected_designed",
            "αναμενόμενο μερίδιο, όλα ενεργά",
            "expected share, all up",
            found.expected_designed,
        ),
        share(
            "designed_second_opinion",
            "κάλυψη σχεδίου κατά ITU-R P.1411-12",
            "designed coverage by ITU-R P.1411-12",
            radio.second_opinion,
        ),
    )


def _declared(city: City) -> tuple[Input, ...]:
    rule, population = city.coverage_rule, city.population

    def of_rule(name: str, el: str, en: str, value: float | str, unit: str) -> Input:
        return Input(name=name, label=Text(el=el, en=en), value=value, unit=unit, source=RULE)

    return (
        Input(
            name="residents",
            label=Text(el="κάτοικοι", en="residents"),
            value=population.total,
            unit="residents",
            source=(population.source, alike(f"; {population.census.isoformat()}")),
        ),
        of_rule("band", "ζώνη συχνοτήτων", "band", rule.band, ""),
        of_rule("threshold_dbm", "κατώφλι στάθμης", "threshold of the level", rule.threshold_dbm, "dBm"),
        of_rule("quantile", "ποσοστό θέσεων", "quantile of places", rule.quantile, "share"),
        of_rule("client_height_m", "ύψος συσκευής", "height of the client", rule.client_height_m, "m"),
        of_rule("body_loss_db", "απώλεια σώματος", "body loss", rule.body_loss_db, "dB"),
        of_rule("grid_m", "πλέγμα πληθυσμού", "grid of residents", rule.grid_m, "m"),
    )
