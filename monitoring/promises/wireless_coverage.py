"""Residents whom the free Wi-Fi covers now: access points whose radio is seen up count, unknown ones are the bounds."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from city.load.defects import Defects
from city.load.kinds import number, one_of, quantity
from city.model.city import City
from city.model.places import Text
from city.model.wireless import AccessPoint, Band
from monitoring import radios
from monitoring.coverage.link import measured_streets
from monitoring.coverage.share import Coverage, CoverageRule, Footprints, coverage, footprints, with_others
from monitoring.figures.declaration import Declaration, declaration
from monitoring.figures.figure import LEDGER, Bounds, Figure, Finding, Input, Period, alike
from monitoring.figures.indicator import Asked, Indicator, Observations, Speaker
from monitoring.ledger.intervals import DEVICE_STATES, State
from monitoring.sending import Sending, sending

FORMULA = Text(
    el="Σ κάτοικοι στα σημεία όπου P(στάθμη του καλύτερου σημείου πρόσβασης ≥ κατώφλι) ≥ ποσοστό θέσεων / Σ κάτοικοι. "
    "Μετρούν τα σημεία πρόσβασης με δίκτυο ανοικτό σε όλους (open ή OWE) και πομπό στη ζώνη του κανόνα. "
    "Απώλειες διαδρομής: 3GPP TR 38.901, UMi-Street Canyon. Τιμή και κάτω όριο: όσα φαίνεται ότι εκπέμπουν το δίκτυο "
    "στη ζώνη αυτή, με το κανάλι και την ισχύ που παρατηρήθηκαν. Άνω όριο: και όσα μένουν άγνωστα, όπως δηλώνονται.",
    en="sum of residents where P(level of the best access point >= threshold) >= quantile / sum of residents. "
    "Access points count that carry a network for everybody (open or OWE) and have a radio in the rule's band. "
    "Path loss: 3GPP TR 38.901, UMi-Street Canyon. Value and lower bound: those that are seen to send the network in "
    "that band, on the channel and with the power that are seen. Upper bound: the unknown ones as well, as declared.",
)
_MOMENT = timedelta(microseconds=1)
RULE = alike("city.yaml, wireless-coverage")
COMPUTED = Text(el="υπολογισμός από όσα δηλώνει η πόλη", en="computed from what the city declares")
SEEN_UP = Text(el="όσα σημεία πρόσβασης φαίνεται ότι εκπέμπουν", en="access points whose radio is seen up")


def read(declaration: Declaration) -> CoverageRule:
    """When a resident counts as covered, outdoors."""
    rule = declaration.rule
    found = CoverageRule(
        band=rule.get("band", one_of(*(band.value for band in Band))),
        threshold_dbm=rule.get("threshold", quantity(-120, 0, "dBm")),
        quantile=rule.get("quantile", number(0.01, 0.99)),
        client_height_m=rule.get("client_height", quantity(1.5, 22.5, "m")),
        body_loss_db=rule.get("body_loss", quantity(0, 30, "dB")),
        grid_m=rule.get("grid", quantity(5, 1000, "m")),
    )
    rule.finish()
    return found


class WirelessCoverage:
    """The figure of one city. The footprints follow from the declaration alone, and are made once."""

    def __init__(self, city: City, rule: CoverageRule) -> None:
        self._city, self._rule = city, rule
        self._newest: tuple[tuple[AccessPoint, ...], Footprints] | None = None

    @cached_property
    def prints(self) -> Footprints:
        return footprints(self._city, self._rule)

    @cached_property
    def second_opinion(self) -> float:
        """The designed share by ITU-R P.1411-12 instead."""
        prints = footprints(self._city, self._rule, measured_streets)
        return coverage(prints, (), ()).designed

    def __call__(self, asked: Asked) -> Finding:
        states = states_in(self._rule.band, self._city, asked.observations.states_at(asked.at))
        seen = _seen(self.prints.access_points, states)
        others = self._sending_otherwise(asked, seen.up)
        found = coverage(self._with(others), seen.up, seen.unknown)
        declared = coverage(self.prints, seen.up, seen.unknown)
        return Finding(
            bounds=Bounds(value=found.lower if seen.up or seen.down else None, lower=found.lower, upper=found.upper),
            as_of=asked.at,
            period=Period(start=asked.at, end=asked.at),
            inputs=(
                *_observed(seen),
                *_otherwise(len(others), declared),
                *_computed(found, declared, self.second_opinion),
                *_declared(self._city, self._rule),
            ),
        )

    def _sending_otherwise(self, asked: Asked, up: Collection[str]) -> tuple[AccessPoint, ...]:
        """Each access point that is seen to send otherwise than declared, as it was seen."""
        band = self._rule.band
        subjects = {radios.subject(ap.id, band): ap for ap in self._city.access_points if ap.id in up}
        seen = asked.observations.intervals(subjects.keys(), asked.at, asked.at + _MOMENT)
        found = ((subjects[name], sending(i.cause)) for name, intervals in seen.items() for i in intervals)
        return tuple(_as_seen(ap, band, how) for ap, how in found if how is not None)

    def _with(self, others: tuple[AccessPoint, ...]) -> Footprints:
        """The footprints with these as they were seen; kept until others are."""
        if not others:
            return self.prints
        if self._newest is None or self._newest[0] != others:
            self._newest = others, with_others(self.prints, self._city, self._rule, others)
        return self._newest[1]


def _as_seen(ap: AccessPoint, band: str, seen: Sending) -> AccessPoint:
    """With its strongest radio of the band on the channel, and with the power, that were seen."""
    in_band = [radio for radio in ap.radios if radio.band == band]
    radio = max(in_band, key=lambda radio: radio.eirp_dbm)
    eirp = radio.eirp_dbm if seen.eirp_dbm is None else seen.eirp_dbm
    return replace(ap, radios=(replace(radio, channel=seen.channel, eirp_dbm=eirp),))


def access_point_states(city: City, observations: Observations, at: datetime) -> dict[str, State]:
    """By access point: whether residents can use it, by its radio in the band of the city's promise of coverage.

    Where the city promised no coverage, each access point is as its device is.
    """
    bands = [
        read(declaration(promise, city.folder, Defects())).band
        for promise in city.promises
        if promise.id == INDICATOR.id
    ]
    return states_in(bands[0] if bands else "", city, observations.states_at(at))


def states_in(band: str, city: City, states: Mapping[str, State]) -> dict[str, State]:
    """By access point, of its radio in the band; one that has no such radio, and covers nobody, is as its device is."""
    has_it = {ap.id: any(radio.band == band for radio in ap.radios) for ap in city.access_points}
    subjects = {ap: radios.subject(ap, band) if by_radio else f"device:{ap}" for ap, by_radio in has_it.items()}
    return {ap: states[subject] for ap, subject in subjects.items() if subject in states}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    up: frozenset[str]
    down: frozenset[str]
    unknown: frozenset[str]


def _seen(access_points: Iterable[str], states: Mapping[str, State]) -> _Seen:
    by_state: dict[State, set[str]] = {state: set() for state in DEVICE_STATES}
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
        return Input(
            name=name, label=label, value=len(devices), unit="access points", unit_in_label=True, source=LEDGER
        )

    return (
        count("access_points_up", "ενεργός", "up", seen.up),
        count("access_points_down", "εκτός", "down", seen.down),
        count("access_points_unknown", "άγνωστος", "unknown", seen.unknown),
    )


def _otherwise(count: int, declared: Coverage) -> tuple[Input, ...]:
    return (
        Input(
            name="access_points_sending_otherwise",
            label=Text(
                el="σημεία πρόσβασης που φαίνεται ότι εκπέμπουν σε άλλο κανάλι ή με άλλη ισχύ από τη δηλωμένη",
                en="access points that are seen to send on another channel or with another power than declared",
            ),
            value=count,
            unit="access points",
            unit_in_label=True,
            source=LEDGER,
        ),
        Input(
            name="lower_as_declared",
            label=Text(
                el="κάλυψη από τα ίδια σημεία, αν εξέπεμπαν όπως δηλώνεται",
                en="coverage by the same access points, if they sent as declared",
            ),
            value=declared.lower,
            unit="share",
            source=SEEN_UP,
        ),
    )


def _computed(found: Coverage, declared: Coverage, second_opinion: float) -> tuple[Input, ...]:
    def share(name: str, el: str, en: str, value: float, source: Text = COMPUTED) -> Input:
        return Input(name=name, label=Text(el=el, en=en), value=value, unit="share", source=source)

    return (
        share("designed", "κάλυψη σχεδίου, όλα ενεργά", "designed coverage, all up", declared.designed),
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
            declared.expected_designed,
        ),
        share(
            "designed_second_opinion",
            "κάλυψη σχεδίου κατά ITU-R P.1411-12",
            "designed coverage by ITU-R P.1411-12",
            second_opinion,
        ),
    )


def _declared(city: City, rule: CoverageRule) -> tuple[Input, ...]:
    population = city.population

    def of_rule(name: str, el: str, en: str, value: float | str, unit: str) -> Input:
        return Input(name=name, label=Text(el=el, en=en), value=value, unit=unit, source=RULE)

    return (
        Input(
            name="residents",
            label=Text(el="κάτοικοι", en="residents"),
            value=population.total,
            unit="residents",
            unit_in_label=True,
            source=(population.source, alike(f"; {population.census.isoformat()}")),
        ),
        of_rule("band", "ζώνη συχνοτήτων", "band", rule.band, ""),
        of_rule("threshold_dbm", "κατώφλι στάθμης", "threshold of the level", rule.threshold_dbm, "dBm"),
        of_rule("quantile", "ποσοστό θέσεων", "quantile of places", rule.quantile, "share"),
        of_rule("client_height_m", "ύψος συσκευής", "height of the client", rule.client_height_m, "m"),
        of_rule("body_loss_db", "απώλεια σώματος", "body loss", rule.body_loss_db, "dB"),
        of_rule("grid_m", "πλέγμα πληθυσμού", "grid of residents", rule.grid_m, "m"),
    )


REACHED = Text(
    el="Το %(value)s των κατοίκων μένει εκεί όπου το δωρεάν Wi-Fi της πόλης μπορεί τώρα να χρησιμοποιηθεί στον δρόμο.",
    en="%(value)s of residents live where the city's free Wi-Fi can be used in the street now.",
)
NOT_SEEN = Text(
    el="Δεν γνωρίζουμε σε πόσους κατοίκους φτάνει τώρα το δωρεάν Wi-Fi: κανένα σημείο πρόσβασης δεν έχει παρατηρηθεί.",
    en="Nobody can say how many residents the free Wi-Fi reaches now: no access point has been seen.",
)
DESIGNED = Text(
    el="Με όλα τα σημεία πρόσβασης σε λειτουργία θα ήταν %(designed)s.",
    en="With every access point up it would be %(designed)s.",
)


def sentence(figure: Figure, speak: Speaker) -> str:
    now = speak.text(NOT_SEEN)
    if figure.value is not None:
        now = speak.text(REACHED) % {"value": speak.at_least(figure.value)}
    return f"{now} {speak.text(DESIGNED) % {'designed': speak.at_least(figure.number('designed'))}}"


INDICATOR = Indicator(
    id="wireless-coverage",
    read=read,
    measure=WirelessCoverage,
    unit="share of residents",
    formula=FORMULA,
    sentence=sentence,
)
