"""The ledger on disk: every observation of a cycle in one transaction, readable at any moment.

SQLite in WAL mode with `synchronous=FULL`: what `observe` returned from survives kill -9 and power loss,
and readers never wait for the writer. Nothing above `_engine` knows that it is SQLite.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from types import TracebackType
from typing import Any, Self

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, Row, bindparam, create_engine, delete, event, func, insert, select, update
from sqlalchemy.exc import DatabaseError

from city.errors import AstyError, Failed, Refused
from city.sqlite import durable
from monitoring.ledger.intervals import Interval, Observation, State, ahead, change, clip
from monitoring.ledger.schema import CITY, INTERVAL, SUBJECT

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CAUSE, _EVIDENCE = 200, 500
_ROOM = "See whether its disk is full, or somebody else holds it."
_LOG = logging.getLogger(__name__)


class Ledger:
    """The observations of the city with this id: opens the database at `url`, makes or migrates its tables.

    It becomes the city's with the first observation. Raises Failed where it cannot be opened; whatever is asked of
    one that is another city's raises Refused.
    """

    def __init__(self, url: str, city: str) -> None:
        self._engine, self._name, self._city = _engine(url), f"ledger {url}", city
        try:
            with self._told("opened", "Restore it from a backup, or move it away."), self._writing() as connection:
                _migrate(connection)
                self._is_ours(connection)
        except AstyError:
            self._engine.dispose()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    def observe(self, observations: Iterable[Observation]) -> None:
        """Keep what was seen, all of it or none, durably. Subjects may come once each, in any order.

        Where the clock was set back, what was recorded of moments that are to come is taken back, and logged: it
        would hide what is seen now. Raises Failed where it cannot be written.
        """
        by_subject = {seen.subject: _fitting(seen) for seen in observations}
        if not by_subject:
            return
        with self._told("written", _ROOM), self._writing() as connection:
            if not self._is_ours(connection):
                connection.execute(insert(CITY), {"id": self._city})
            known = _subjects(connection, by_subject)
            if early := [name for name, seen in by_subject.items() if ahead(_interval(known[name]), seen)]:
                _LOG.warning(
                    "was the clock set back? What was recorded of %d subjects for later than now is forgotten",
                    len(early),
                )
                _take_back(connection, {known[name].subject: by_subject[name].at for name in early})
                known = _subjects(connection, by_subject)
            changes = {name: change(_interval(known[name]), seen) for name, seen in by_subject.items()}
            ends = [
                {"of": known[name].id, "end": _us(found.end)}
                for name, found in changes.items()
                if found.end is not None
            ]
            if ends:
                connection.execute(
                    update(INTERVAL).where(INTERVAL.c.id == bindparam("of")).values(end_us=bindparam("end")), ends
                )
            begun = {known[name].subject: found.begin for name, found in changes.items() if found.begin is not None}
            _begin(connection, begun)

    def intervals(
        self, subjects: Collection[str] | None, start: datetime, end: datetime
    ) -> Mapping[str, Sequence[Interval]]:
        """What was seen between `start` and `end`, by subject, oldest first; all subjects where None.

        A subject that was never seen then has an empty sequence; a gap is unknown.
        """
        query = (
            select(SUBJECT.c.name, INTERVAL)
            .join(INTERVAL, INTERVAL.c.subject_id == SUBJECT.c.id)
            .where(INTERVAL.c.end_us > _us(start), INTERVAL.c.start_us < _us(end))
            .order_by(INTERVAL.c.start_us)
        )
        if subjects is not None:
            query = query.where(SUBJECT.c.name.in_(list(subjects)))
        found: dict[str, list[Interval]] = {name: [] for name in subjects or ()}
        with self._reading() as connection:
            for row in connection.execute(query):
                found.setdefault(row.name, []).extend(clip([_made(row)], start, end))
        return found

    def states_at(self, at: datetime) -> Mapping[str, State]:
        """The state of every subject at a moment; one that is not in it is unknown."""
        query = (
            select(SUBJECT.c.name, INTERVAL.c.state)
            .join(INTERVAL, INTERVAL.c.subject_id == SUBJECT.c.id)
            .where(INTERVAL.c.start_us <= _us(at), INTERVAL.c.end_us > _us(at))
        )
        with self._reading() as connection:
            return {row.name: State(row.state) for row in connection.execute(query)}

    def state_at(self, subject: str, at: datetime) -> State:
        return self.states_at(at).get(subject, State.UNKNOWN)

    def _is_ours(self, connection: Connection) -> bool:
        """False where it is nobody's yet. Raises Refused where it is another city's."""
        holder = connection.execute(select(CITY.c.id)).scalar()
        if holder not in {None, self._city}:
            raise Refused(self._name, f"it holds the observations of {holder}", "Use another --workspace.")
        return holder is not None

    @contextmanager
    def _told(self, done: str, remedy: str) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            raise Failed(self._name, f"it cannot be {done} ({error.orig})", remedy) from error

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._told("read", _ROOM), self._engine.connect() as connection:
            self._is_ours(connection)
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # two writers take turns instead of failing half-way
            yield connection
            connection.commit()


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _connected)
    return engine


def _connected(connection: SqliteConnection, _record: object) -> None:
    durable(connection)
    connection.execute("PRAGMA foreign_keys=ON")


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _subjects(connection: Connection, names: Iterable[str]) -> Mapping[str, Row[Any]]:
    """Each name's `subject`, made where there is none, with its latest interval: None throughout where it has none."""
    query = select(SUBJECT.c.name, SUBJECT.c.id.label("subject"), INTERVAL).outerjoin_from(
        SUBJECT, INTERVAL, INTERVAL.c.id == SUBJECT.c.latest
    )
    known = {row.name: row for row in connection.execute(query)}
    new = [{"name": name} for name in names if name not in known]
    if new:
        connection.execute(insert(SUBJECT), new)
        known = {row.name: row for row in connection.execute(query)}
    return known


def _take_back(connection: Connection, moments: Mapping[int, datetime]) -> None:
    """Of each of these subjects, forget what was recorded of its moment and later."""
    for subject, at in moments.items():
        mine = INTERVAL.c.subject_id == subject
        connection.execute(delete(INTERVAL).where(mine, INTERVAL.c.start_us >= _us(at)))
        connection.execute(update(INTERVAL).where(mine, INTERVAL.c.end_us > _us(at)).values(end_us=_us(at)))
        newest = select(func.max(INTERVAL.c.id)).where(mine).scalar_subquery()
        connection.execute(update(SUBJECT).where(SUBJECT.c.id == subject).values(latest=newest))


def _begin(connection: Connection, begun: Mapping[int, Interval]) -> None:
    if not begun:
        return
    rows = [
        {
            "subject_id": subject,
            "state": new.state.value,
            "start_us": _us(new.start),
            "end_us": _us(new.end),
            "cause": new.cause,
            "evidence": new.evidence,
        }
        for subject, new in begun.items()
    ]
    made = connection.execute(insert(INTERVAL).returning(INTERVAL.c.id, INTERVAL.c.subject_id), rows)
    newest = [{"of": row.subject_id, "newest": row.id} for row in made]
    connection.execute(
        update(SUBJECT).where(SUBJECT.c.id == bindparam("of")).values(latest=bindparam("newest")), newest
    )


def _fitting(seen: Observation) -> Observation:
    """As it is going to be read back: else a long cause would differ from itself at every look."""
    if len(seen.cause) <= _CAUSE and len(seen.evidence) <= _EVIDENCE:
        return seen
    return replace(seen, cause=seen.cause[:_CAUSE], evidence=seen.evidence[:_EVIDENCE])


def _interval(row: Row[Any]) -> Interval | None:
    return None if row.id is None else _made(row)


def _made(row: Row[Any]) -> Interval:
    return Interval(
        start=_time(row.start_us),
        end=_time(row.end_us),
        state=State(row.state),
        cause=row.cause,
        evidence=row.evidence,
    )


def _us(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _time(us: int) -> datetime:
    return _EPOCH + us * _MICROSECOND
