"""The ledger's statements: what is known of subjects, and what is written of a change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, bindparam, delete, insert, select, update

from monitoring.ledger.intervals import Change, Interval, Newest, State
from monitoring.ledger.schema import INTERVAL, LAST_LOOK, NEWEST_INTERVAL, OBSERVER, SUBJECT

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A subject's id in the database, with its newest interval if it was ever seen."""

    id: int
    newest: Newest | None


def ended(*wanted: ColumnElement[bool]) -> Select[Any]:
    """Intervals that have ended, of which `wanted` holds."""
    columns = (SUBJECT.c.name, *(INTERVAL.c[name] for name in _COLUMNS))
    return select(*columns).join(SUBJECT, INTERVAL.c.subject_id == SUBJECT.c.id).where(*wanted)


def newest(*wanted: ColumnElement[bool]) -> Select[Any]:
    """The newest interval of each subject, if `wanted` holds of it."""
    found = {**{c.name: c for c in NEWEST_INTERVAL.c}, "end_us": LAST_LOOK.c.end_us}
    return (
        select(SUBJECT.c.name, *(found[name] for name in _COLUMNS))
        .join(NEWEST_INTERVAL, NEWEST_INTERVAL.c.subject_id == SUBJECT.c.id)
        .join(LAST_LOOK, LAST_LOOK.c.subject_id == SUBJECT.c.id)
        .where(*wanted)
    )


_COLUMNS = ("state", "start_us", "end_us", "cause", "evidence")


def known(connection: Connection, names: Iterable[str]) -> Mapping[str, Known]:
    """Every subject of the ledger, and these, made where they are not in it yet."""
    found = _known(connection)
    new = [{"name": name} for name in names if name not in found]
    if not new:
        return found
    connection.execute(insert(SUBJECT), new)
    return _known(connection)


def _known(connection: Connection) -> Mapping[str, Known]:
    query = (
        select(SUBJECT, *NEWEST_INTERVAL.c, *LAST_LOOK.c, OBSERVER.c.name.label("observer"))
        .outerjoin(NEWEST_INTERVAL, NEWEST_INTERVAL.c.subject_id == SUBJECT.c.id)
        .outerjoin(LAST_LOOK, LAST_LOOK.c.subject_id == SUBJECT.c.id)
        .outerjoin(OBSERVER, LAST_LOOK.c.observer_id == OBSERVER.c.id)
    )
    return {row.name: Known(id=row.id, newest=_newest(row)) for row in connection.execute(query)}


def _newest(row: Row[Any]) -> Newest | None:
    if row.at_us is None:
        return None
    return Newest(interval=made(row), at=time(row.at_us), observer=row.observer or "")


def observer(connection: Connection, name: str) -> int:
    """The id of the observer of this name, made where there is none."""
    found = connection.execute(select(OBSERVER.c.id).where(OBSERVER.c.name == name)).scalar()
    if found is None:
        found = connection.execute(insert(OBSERVER).returning(OBSERVER.c.id), {"name": name}).scalar_one()
    return int(found)


def write(connection: Connection, changes: Iterable[tuple[Known, Change, datetime]], by: int) -> None:
    """What each look, made at its moment by this observer, does to its subject."""
    begun, looks = [], []
    for subject, change, at in changes:
        end = change.begin.end if change.begin else change.end
        if end is not None:
            looks.append((subject, {"of": subject.id, "at": us(at), "end": us(end), "by": by}))
        if change.begin:
            begun.append((subject, change))
    _begin(connection, begun)
    _look(connection, looks)


def _look(connection: Connection, looks: Iterable[tuple[Known, Mapping[str, int]]]) -> None:
    """In the table's own order, so that each of its pages is written once."""
    values: dict[str, BindParameter[int]] = {
        "at_us": bindparam("at"),
        "end_us": bindparam("end"),
        "observer_id": bindparam("by"),
    }
    ordered = sorted(looks, key=lambda look: look[0].id)
    again = [look for subject, look in ordered if subject.newest]
    first = [look for subject, look in ordered if not subject.newest]
    if again:
        connection.execute(update(LAST_LOOK).where(LAST_LOOK.c.subject_id == bindparam("of")).values(values), again)
    if first:
        connection.execute(insert(LAST_LOOK).values({"subject_id": bindparam("of"), **values}), first)


def _begin(connection: Connection, begun: Iterable[tuple[Known, Change]]) -> None:
    over = [
        {"subject_id": subject.id, **_values(subject.newest.interval, change.end or subject.newest.interval.end)}
        for subject, change in begun
        if subject.newest
    ]
    if over:
        connection.execute(insert(INTERVAL), over)
        forget = delete(NEWEST_INTERVAL).where(NEWEST_INTERVAL.c.subject_id == bindparam("of"))
        connection.execute(forget, [{"of": row["subject_id"]} for row in over])
    new = [{"subject_id": subject.id, **_values(change.begin)} for subject, change in begun if change.begin]
    if new:
        connection.execute(insert(NEWEST_INTERVAL), new)


def _values(of: Interval, end: datetime | None = None) -> dict[str, str | int]:
    """The columns of an interval; without its end where it has none yet."""
    ending = {} if end is None else {"end_us": us(end)}
    return {"state": of.state.value, "start_us": us(of.start), "cause": of.cause, "evidence": of.evidence, **ending}


def take_back(connection: Connection, moments: Mapping[int, datetime]) -> None:
    """Of each of these subjects, forget what was recorded of its moment and later."""
    for subject, at in moments.items():
        of, of_newest, of_look = (table.c.subject_id == subject for table in (INTERVAL, NEWEST_INTERVAL, LAST_LOOK))
        connection.execute(delete(INTERVAL).where(of, INTERVAL.c.start_us >= us(at)))
        connection.execute(update(INTERVAL).where(of, INTERVAL.c.end_us > us(at)).values(end_us=us(at)))
        begun = select(NEWEST_INTERVAL.c.start_us).where(of_newest).scalar_subquery()
        connection.execute(update(LAST_LOOK).where(of_look).values(at_us=begun, end_us=us(at)))
        gone = delete(NEWEST_INTERVAL).where(of_newest, NEWEST_INTERVAL.c.start_us >= us(at))
        if connection.execute(gone).rowcount:
            connection.execute(delete(LAST_LOOK).where(of_look))


def made(row: Row[Any]) -> Interval:
    return Interval(
        start=time(row.start_us), end=time(row.end_us), state=State(row.state), cause=row.cause, evidence=row.evidence
    )


def us(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def time(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _MICROSECOND
