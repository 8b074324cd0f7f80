"""The store of series: Parquet files on this machine.

What `append` returned from survives kill -9 and power loss. A cycle is shown whole or not at all, and each of
its rows once, also while hours are put together and wherever that is interrupted. Several processes may write
and read at once. A file that cannot be read is set aside and named in the log; the others go on.
"""

import logging
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import pyarrow as pa

from city.clock import Clock, SystemClock
from city.errors import Failed
from monitoring.series import files
from monitoring.series.files import Rows
from monitoring.series.manifest import GRACE, File, Manifest, Span
from monitoring.series.query import Query
from monitoring.series_key import parse_key

_LOG = logging.getLogger(__name__)
_HOUR = timedelta(hours=1)
_AT_ONCE = 24
_ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

T = TypeVar("T")


class ParquetSeries:
    """The series in `folder`, made where there is none. Raises Failed where it cannot be opened."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._folder, self._clock = folder, clock or SystemClock()
        with _named(folder):
            self._manifest = Manifest(folder)
            self._manifest.delete_unfinished(self._clock.now())
        self._query = Query()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._query.close()

    def append(self, at: datetime, rows: Rows) -> None:
        """Keep what one polling cycle saw. Raises ValueError for a key that is none, Failed where it cannot."""
        for key in {key for values in rows.values() for key in values}:
            parse_key(key)
        content = files.table(at, rows)
        if not content.num_rows:
            return
        file = File(name=_name(Span.CYCLE, at), span=Span.CYCLE, first=at, last=at)
        with _named(self._folder):
            files.write(content, self._folder / file.name)
        if not self._manifest.publish(file, now=self._clock.now()):
            raise Failed(
                f"series {self._folder}",
                f"the values of {at} took longer than {GRACE} to write and were given up",
                "Look for what holds up the disk or the process.",
            )

    def compact(self, now: datetime) -> int:
        """Each hour that ended a while ago becomes one file. What was replaced before is deleted."""
        cycles = [file for file in self._manifest.live(*_ALWAYS) if file.span is Span.CYCLE]
        complete = [found for hour, found in _by_hour(cycles).items() if hour + _HOUR + GRACE <= now]
        with _named(self._folder):
            made = sum(self._without_broken(found, lambda whole: self._put_together(whole, now)) for found in complete)
            self._manifest.delete_replaced(now)
        return made

    def thin(self, now: datetime, *, every_value: timedelta, any_value: timedelta) -> int:
        """Of hours older than `every_value` keep the last value of each series, of those older than `any_value` none.

        How many hours were thinned: a day's at most, so that it never takes long. Call it again for the rest.
        """
        old = self._manifest.live(_ALWAYS[0], now - every_value)
        self._manifest.retire([file for file in old if file.last < now - any_value], now)
        full = [f for f in old if f.span is Span.HOUR and now - any_value <= f.last < now - every_value]
        with _named(self._folder):
            return sum(self._without_broken([file], lambda found: self._thin(found, now)) for file in full[:_AT_ONCE])

    def _thin(self, found: Sequence[File], now: datetime) -> bool:
        """False where another process was faster, or the file is broken."""
        if not found:
            return False
        [file] = found
        path = _name(Span.THIN, file.first)
        files.write(files.last_of_each(self._folder / file.name), self._folder / path)
        return self._shown(File(name=path, span=Span.THIN, first=file.first, last=file.last), found, now)

    def history(self, device: str, key: str, start: datetime, end: datetime) -> list[tuple[datetime, float]]:
        """The values of one series in [start, end), oldest first."""
        with _named(self._folder):
            return self._without_broken(
                self._manifest.live(start, end),
                lambda whole: self._query.history(self._paths(whole), device, key, start, end),
            )

    def latest(self, since: datetime) -> pa.Table | None:
        """Device, key, moment and value of the newest values of each device that has any since then, if one has.

        What a wrong clock left in the future is none.
        """
        end = self._clock.now() + timedelta.resolution  # the present is seen, the future is not
        with _named(self._folder):
            return self._without_broken(
                self._manifest.live(since, end), lambda whole: self._query.latest(self._paths(whole), since, end)
            )

    def _without_broken(self, found: Sequence[File], work: Callable[[Sequence[File]], T]) -> T:
        """What `work` makes of the files; where it fails at some that are broken, of the others."""
        try:
            return work(found)
        except (Failed, OSError, pa.ArrowInvalid):
            wrong = {file: files.broken(self._folder / file.name) for file in found}
            if not any(wrong.values()):
                raise
        for file, problem in wrong.items():
            if problem:
                aside = self._manifest.set_aside(file)
                _LOG.error("%s: it cannot be read (%s) and is left out; see %s", file.name, problem, aside)
        return work([file for file in found if not wrong[file]])

    def _put_together(self, cycles: Sequence[File], now: datetime) -> bool:
        """False where another process was faster, or nothing is left to be put together."""
        if not cycles:
            return False
        path = _name(Span.HOUR, _hour(cycles[0]))
        files.write(files.merged(self._paths(cycles)), self._folder / path)
        return self._shown(File(name=path, span=Span.HOUR, first=cycles[0].first, last=cycles[-1].last), cycles, now)

    def _shown(self, made: File, instead_of: Sequence[File], now: datetime) -> bool:
        if self._manifest.publish(made, instead_of=instead_of, now=now):
            return True
        (self._folder / made.name).unlink(missing_ok=True)
        return False

    def _paths(self, found: Iterable[File]) -> list[Path]:
        return [self._folder / file.name for file in found]


def _by_hour(cycles: Iterable[File]) -> Mapping[datetime, list[File]]:
    found = defaultdict(list)
    for file in cycles:
        found[_hour(file)].append(file)
    return found


def _hour(file: File) -> datetime:
    return file.first.replace(minute=0, second=0, microsecond=0)


def _name(span: Span, at: datetime) -> str:
    """A name of its own, also where two processes write at the same moment."""
    return f"{span}/{at.astimezone(UTC):%Y-%m-%dT%H-%M-%S}-{secrets.token_hex(4)}.parquet"


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Trouble with the disk or a file of it, as what happened to the series."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise Failed(
            f"series {folder}", f"a file cannot be read or written ({error})", "Mend the disk or make room on it."
        ) from error
