"""The ledger: every observation of a cycle kept in one transaction, readable at any moment."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, func, insert, select, union_all, update

from city.errors import AstyError, Refused
from monitoring.ledger import rows
from monitoring.ledger.database import Database
from monitoring.ledger.declarations import declare, declared_at
from monitoring.ledger.intervals import Interval, Observation, State, change, clip, was_set_back
from monitoring.ledger.rows import us
from monitoring.ledger.schema import CITY, INTERVAL, LAST_LOOK, NEWEST_INTERVAL, OBSERVER, SUBJECT

_CAUSE, _EVIDENCE = 200, 500
_LOG = logging.getLogger(__name__)


class Ledger:
    """The observations of the city with this id: opens the database at `where`, makes or migrates its tables.

    `where` is the path of a SQLite file, or a URL of SQLAlchemy; `observer` names whoever writes through this object,
    `declared` is the fingerprint of the data of the city by which it observes.
    The ledger becomes the city's with the first observation. Raises Failed where it cannot be opened; whatever is
    asked of one that is another city's raises Refused.
    """

    def __init__(self, where: str | Path, city: str, observer: str = "poller", declared: str = "") -> None:
        self._database, self._city, self._observer = Database(where), city, observer
        self._declared = declared
        try:
            with self._database.migrating() as connection:
                self._is_ours(connection)
        except AstyError:
            self._database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def observe(self, observations: Iterable[Observation]) -> None:
        """Keep what was seen, all of it or none, durably. Subjects may come once each, in any order.

        A look that is older than the newest one of its subject changes nothing. Where the clock was set back, what was
        recorded of moments that are to come is taken back, and logged: it would hide what is seen now. Raises Failed
        where it cannot be written.
        """
        by_subject = {seen.subject: _fitting(seen) for seen in observations}
        if not by_subject:
            return
        with self._database.writing() as connection:
            if not self._is_ours(connection):
                connection.execute(insert(CITY), {"id": self._city})
            if self._declared:
                declare(connection, self._declared, min(seen.at for seen in by_subject.values()))
            known = rows.known(connection, by_subject)
            early = {known[name].id: seen.at for name, seen in by_subject.items() if self._is_early(known[name], seen)}
            if early:
                _LOG.warning(
                    "was the clock set back? What was recorded of %d subjects for later than now is forgotten",
                    len(early),
                )
                rows.take_back(connection, early)
                known = rows.known(connection, by_subject)
            changes = ((known[name], change(known[name].newest, seen), seen.at) for name, seen in by_subject.items())
            rows.write(connection, changes, rows.observer(connection, self._observer))

    def _is_early(self, known: rows.Known, seen: Observation) -> bool:
        return was_set_back(known.newest, seen, self._observer)

    def intervals(
        self, subjects: Collection[str] | None, start: datetime, end: datetime
    ) -> Mapping[str, Sequence[Interval]]:
        """What was seen between `start` and `end`, by subject, oldest first; all subjects where None.

        A subject that was never seen then has an empty sequence; a gap is unknown.
        """
        mine = () if subjects is None else (SUBJECT.c.name.in_(list(subjects)),)
        query = union_all(
            rows.ended(INTERVAL.c.end_us > us(start), INTERVAL.c.start_us < us(end), *mine),
            rows.newest(LAST_LOOK.c.end_us > us(start), NEWEST_INTERVAL.c.start_us < us(end), *mine),
        ).order_by("start_us")
        found: dict[str, list[Interval]] = {name: [] for name in subjects or ()}
        with self._reading() as connection:
            for row in connection.execute(query):
                found.setdefault(row.name, []).extend(clip([rows.made(row)], start, end))
        return found

    def states_at(self, at: datetime) -> Mapping[str, State]:
        """The state of every subject at a moment; one that is not in it is unknown."""
        query = union_all(
            rows.ended(INTERVAL.c.start_us <= us(at), INTERVAL.c.end_us > us(at)),
            rows.newest(NEWEST_INTERVAL.c.start_us <= us(at), LAST_LOOK.c.end_us > us(at)),
        )
        with self._reading() as connection:
            return {row.name: State(row.state) for row in connection.execute(query)}

    def state_at(self, subject: str, at: datetime) -> State:
        return self.states_at(at).get(subject, State.UNKNOWN)

    def declared_at(self, at: datetime) -> str | None:
        """The fingerprint of the city's data by which was observed at a moment; None before the first that is known."""
        with self._reading() as connection:
            return declared_at(connection, at)

    def forget_evidence(self, before: datetime) -> int:
        """Of intervals that ended before then, forget the evidence; their states stay. How many."""
        old = update(INTERVAL).where(INTERVAL.c.end_us < us(before), INTERVAL.c.evidence != "").values(evidence="")
        with self._database.writing() as connection:
            self._is_ours(connection)
            return connection.execute(old).rowcount

    def looked_at(self, until: datetime) -> datetime | None:
        """When anything was looked at last, of the looks by then that are the last of their subjects."""
        query = select(func.max(LAST_LOOK.c.at_us)).where(LAST_LOOK.c.at_us <= us(until))
        with self._reading() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else rows.time(found)

    def looked_by(self, until: datetime) -> str:
        """Whose look that was; empty where nobody looked, or nobody noted who did."""
        query = (
            select(OBSERVER.c.name)
            .join(LAST_LOOK, LAST_LOOK.c.observer_id == OBSERVER.c.id)
            .where(LAST_LOOK.c.at_us <= us(until))
            .order_by(LAST_LOOK.c.at_us.desc())
            .limit(1)
        )
        with self._reading() as connection:
            return str(connection.execute(query).scalar() or "")

    def began(self, start: datetime, end: datetime) -> datetime | None:
        """When anything was first observed; `start` where that was before, None where nothing was by `end`."""
        before = INTERVAL.c.end_us <= us(start)
        firsts = (
            select(func.min(INTERVAL.c.start_us)).where(INTERVAL.c.end_us > us(start)),
            select(func.min(NEWEST_INTERVAL.c.start_us)),
        )
        with self._reading() as connection:
            if connection.execute(select(INTERVAL.c.id).where(before).limit(1)).first() is not None:
                return start
            found = [first for query in firsts if (first := connection.execute(query).scalar()) is not None]
        return max(start, rows.time(min(found))) if found and min(found) < us(end) else None

    def _is_ours(self, connection: Connection) -> bool:
        """False where it is nobody's yet. Raises Refused where it is another city's."""
        holder = connection.execute(select(CITY.c.id)).scalar()
        if holder not in {None, self._city}:
            raise Refused(self._database.name, f"it holds the observations of {holder}", "Use another --workspace.")
        return holder is not None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._database.reading() as connection:
            self._is_ours(connection)
            yield connection


def _fitting(seen: Observation) -> Observation:
    """As it is going to be read back: else a long cause would differ from itself at every look."""
    if len(seen.cause) <= _CAUSE and len(seen.evidence) <= _EVIDENCE:
        return seen
    return replace(seen, cause=seen.cause[:_CAUSE], evidence=seen.evidence[:_EVIDENCE])
