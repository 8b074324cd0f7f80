"""To which moments the copies bring a database back: from each base copy on, as far as the log has no gap."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from repository import MOMENT, Repository, last_segment  # type: ignore[import-not-found, unused-ignore]


@dataclass(frozen=True)
class Range:
    """Every moment from `begins` to `ends`. Sizes in bytes; `proven` is to which moment it was restored as a test."""

    repository: Repository
    base: datetime
    begins: datetime
    ends: datetime
    size: int
    log_size: int
    proven: str | None

    def as_json(self) -> dict[str, Any]:
        return {
            "base": self.base.strftime(MOMENT),
            "from": self.begins.isoformat(timespec="seconds"),
            "to": self.ends.isoformat(timespec="seconds"),
            "bytes": self.size,
            "log_bytes": self.log_size,
            "proven_to": self.proven,
        }


def every(repository: Repository, until: datetime | None = None) -> list[Range]:
    """Of the database as it is and as it was, the newest copy first. The log is complete `until` then, if known."""
    now = list(of(repository, until))
    past = [one for closed in repository.closed() for one in of(closed, None)]
    return sorted((*now, *past), key=lambda one: one.base, reverse=True)


def of(repository: Repository, until: datetime | None) -> Iterator[Range]:
    segments: dict[int, list[tuple[float, int]]] = {}
    for number, path in repository.segments():
        found = path.stat()
        segments.setdefault(number, []).append((found.st_mtime, found.st_size))
    newest = max(segments, default=-1)
    proven = repository.told().get("proven") or {}
    for base in repository.bases():
        folder = repository.base(base)
        first = last_segment(folder)  # what comes before is in the copy itself
        last = first - 1
        while last + 1 in segments:
            last += 1
        begins = datetime.fromtimestamp((folder / "backup_manifest").stat().st_mtime, UTC)
        ends = begins
        if last >= first:
            ends = datetime.fromtimestamp(max(at for at, _ in segments[last]), UTC)
        if until is not None and last == newest:
            ends = until
        yield Range(
            repository,
            base,
            begins,
            max(begins, ends),
            sum(path.stat().st_size for path in folder.iterdir()),
            sum(size for number in range(first, last + 1) for _, size in segments[number]),
            proven.get(base.strftime(MOMENT)),
        )


def covering(ranges: Iterable[Range], point: datetime) -> "Range | None":
    """The one with the least log to go through."""
    return max((one for one in ranges if one.begins <= point <= one.ends), key=lambda one: one.base, default=None)
