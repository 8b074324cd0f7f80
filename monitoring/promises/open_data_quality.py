"""Municipal data sets that follow the quality standards which the city declared.

The register of data sets says of each what a catalogue of DCAT-AP 3 asks for. A cell that is empty is not stated, and
what rests on it is unknown; `none` says that there is none. Data sets that the city means to publish and has not
registered yet are unknown too: they are bounds, not success.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from city.load.identity import once
from city.load.kinds import DATE, SLUG, TEXT, one_of, whole
from city.load.record import Record
from city.model.city import City
from city.model.places import Text
from monitoring.figures.declaration import Declaration
from monitoring.figures.figure import Bounds, Figure, Finding, Input, Period, alike
from monitoring.figures.indicator import Indicator, Measure, Speaker

FORMULA = Text(
    el="σύνολα που τηρούν τα πρότυπα / σύνολα που μπορούν να κριθούν. Τηρεί τα πρότυπα όποιο δηλώνει όλα τα πεδία του "
    "κανόνα, δίνεται σε μηχανικά αναγνώσιμη μορφή και ενημερώθηκε μέσα στη συχνότητά του. Κάτω όριο: όσα δεν μπορούν "
    "να κριθούν ή δεν έχουν καταγραφεί ακόμη δεν τα τηρούν. Άνω όριο: τα τηρούν.",
    en="data sets that follow the standards / data sets that can be judged. A data set follows them that states every "
    "field of the rule, is given in a machine-readable format and was updated within its frequency. Lower bound: those "
    "that cannot be judged, or are not registered yet, do not follow them. Upper bound: they do.",
)

COLUMNS = ("id", "title", "publisher", "licence", "format", "updated", "update_frequency", "contact", "schema")
_NAMED = ("title", "publisher", "licence", "contact", "schema")
NONE = "none"
DAYS_BETWEEN = {"continuous": 1, "daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "annual": 366}
NEVER, IRREGULAR = "never", "irregular"
"""Nothing is due of data that never change; what changes now and then cannot be judged."""


class Judged(StrEnum):
    FOLLOWS = "follows"
    BREAKS = "breaks"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """As the register states it; an empty text, or no date, is not stated."""

    id: str
    named: dict[str, str]
    """Title, publisher, licence, contact and schema, by the column's name."""
    format: str
    updated: date | None
    frequency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """What is asked of each data set, and how many data sets the city means to publish."""

    required: tuple[str, ...]
    formats: tuple[str, ...]
    expected: int
    file: str
    data_sets: tuple[DataSet, ...]


def read(declaration: Declaration) -> Standard:
    """`register`: the CSV file; `required`: its columns that are to be stated; `formats`; `expected` data sets."""
    rule = declaration.rule
    register = declaration.rows("register", COLUMNS, _data_set)
    once(register.items, "id", lambda data_set: data_set.id)
    found = Standard(
        required=rule.list("required", one_of(*_NAMED), required=True),
        formats=rule.list("formats", SLUG, required=True),
        expected=rule.get("expected", whole(0, 1_000_000)),
        file=declaration.file("register"),
        data_sets=register.values,
    )
    rule.finish()
    return found


def _data_set(record: Record) -> DataSet:
    return DataSet(
        id=record.get("id", SLUG),
        named={name: record.get(name, TEXT, default="") for name in _NAMED},
        format=record.get("format", SLUG, default=""),
        updated=record.get("updated", DATE) if record.has("updated") else None,
        frequency=record.get("update_frequency", one_of(*DAYS_BETWEEN, NEVER, IRREGULAR), default=""),
    )


def judge(data_set: DataSet, standard: Standard, on: date) -> Judged:
    """One broken requirement breaks the standard; it is followed where every requirement is seen to be met."""
    met = (
        *(_stated(data_set.named[name]) for name in standard.required),
        data_set.format in standard.formats if data_set.format else None,
        _fresh(data_set, on),
    )
    if any(requirement is False for requirement in met):
        return Judged.BREAKS
    return Judged.UNKNOWN if any(requirement is None for requirement in met) else Judged.FOLLOWS


def _stated(text: str) -> bool | None:
    return text != NONE if text else None


def _fresh(data_set: DataSet, on: date) -> bool | None:
    if data_set.frequency == NEVER:
        return True
    if data_set.updated is None or data_set.updated > on or data_set.frequency not in DAYS_BETWEEN:
        return None
    return (on - data_set.updated).days <= DAYS_BETWEEN[data_set.frequency]


def measure(_: City, standard: Standard) -> Measure:
    return lambda asked: open_data_quality(standard, asked.today)


def open_data_quality(standard: Standard, on: date) -> Finding:
    """As the register shows it on the day `on`."""
    verdicts = [judge(data_set, standard, on) for data_set in standard.data_sets]
    return Finding(
        bounds=bounds(verdicts, standard.expected),
        as_of=on,
        period=Period(start=on, end=on),
        inputs=tuple(_inputs(verdicts, standard)),
    )


def bounds(verdicts: Collection[Judged], expected: int) -> Bounds:
    """Of the data sets registered, and of those that the city means to publish besides."""
    total = max(len(verdicts), expected)
    follow, broken = (sum(v is wanted for v in verdicts) for wanted in (Judged.FOLLOWS, Judged.BREAKS))
    if not total:
        return Bounds(value=None, lower=None, upper=None)
    return Bounds(
        value=follow / (follow + broken) if follow + broken else None,
        lower=follow / total,
        upper=(total - broken) / total,
    )


_LABELS = {
    Judged.FOLLOWS: Text(el="σύνολα δεδομένων που τηρούν τα πρότυπα", en="data sets that follow the standards"),
    Judged.BREAKS: Text(el="σύνολα δεδομένων που δεν τα τηρούν", en="data sets that do not follow them"),
    Judged.UNKNOWN: Text(el="σύνολα δεδομένων που δεν μπορούν να κριθούν", en="data sets that cannot be judged"),
}
_EXPECTED = Text(el="σύνολα δεδομένων που θα δημοσιεύσει η πόλη", en="data sets that the city means to publish")
_RULE = alike("city.yaml, open-data-quality")


def _inputs(verdicts: Collection[Judged], standard: Standard) -> Iterable[Input]:
    for verdict, label in _LABELS.items():
        count = sum(found is verdict for found in verdicts)
        yield Input(
            name=f"data_sets_{verdict}",
            label=label,
            value=count,
            unit="data sets",
            unit_in_label=True,
            source=alike(standard.file),
        )
    yield Input(
        name="data_sets_expected",
        label=_EXPECTED,
        value=standard.expected,
        unit="data sets",
        unit_in_label=True,
        source=_RULE,
    )


FOLLOW = Text(
    el="Το %(value)s των δημοτικών συνόλων δεδομένων που μπορούν να κριθούν τηρεί τα πρότυπα ποιότητας της πόλης.",
    en="%(value)s of the municipal data sets that can be judged follow the city's quality standards.",
)
NOT_KNOWN = Text(
    el="Δεν γνωρίζουμε πόσα δημοτικά σύνολα δεδομένων τηρούν τα πρότυπα ποιότητας: για κανένα δεν δηλώνονται "
    "όλα όσα χρειάζονται.",
    en="Nobody can say how many municipal data sets follow the quality standards: no set states all that is needed.",
)


def sentence(figure: Figure, speak: Speaker) -> str:
    if figure.value is None:
        return speak.text(NOT_KNOWN)
    return speak.text(FOLLOW) % {"value": speak.at_least(figure.value)}


INDICATOR = Indicator(
    id="open-data-quality",
    read=read,
    measure=measure,
    unit="share of municipal data sets",
    formula=FORMULA,
    sentence=sentence,
)
