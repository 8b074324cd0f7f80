"""The copies of a database that are kept: base copies and the log between them, in a folder that the keeper owns.

    base/20261129T020000Z/    a base copy: base.tar.gz and backup_manifest; it appears whole
    log/                      each segment of the log, packed once it is full; the one that is written is .partial
    told.json                 what was found when a copy was made and restored
    until-20261129T150000Z/   the same, of what the database was before it was taken back to a point (back.py)

Nobody but the keeper writes here: not the database's own user, so that whoever holds the data centre, and through it
every right in the database, can add to the copies and remove none of them before their time. Who restores them reads.
"""

import gzip
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

MOMENT = "%Y%m%dT%H%M%SZ"
_SEGMENT = re.compile(r"[0-9A-F]{24}")
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
UNTIL = "until-"
_PART = "part-"
FEWEST = 3
"""So many base copies stay, whatever the clock says: it may have jumped."""


@dataclass(frozen=True)
class Repository:
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def make(self) -> None:
        """Have its folders; what a kill left half made goes."""
        self.finish()
        for folder in (self.folder / "base", self.log):
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        for part in (*self.folder.glob("base/*.part"), *self.log.glob("*.part"), *self.folder.glob("gone-*")):
            shutil.rmtree(part) if part.is_dir() else part.unlink()

    def bases(self) -> list[datetime]:
        """When each whole base copy was begun, the oldest first; none where there is no folder for any."""
        names = (path.name for path in self.folder.glob("base/*") if not path.name.endswith(".part"))
        return sorted(datetime.strptime(name, MOMENT).replace(tzinfo=UTC) for name in names)

    def base(self, begun: datetime) -> Path:
        return self.folder / "base" / begun.strftime(MOMENT)

    def compress(self) -> None:
        """Each full segment; a kill leaves it whole in one of the two forms."""
        for segment in sorted(path for path in self.log.iterdir() if _SEGMENT.fullmatch(path.name)):
            part = segment.with_name(segment.name + ".gz.part")
            with segment.open("rb") as plain, gzip.open(part, "wb", compresslevel=1) as packed:
                shutil.copyfileobj(plain, packed)
            shutil.copystat(segment, part)  # when it was written last is until when the log goes
            keep(part, segment.with_name(segment.name + ".gz"))
            segment.unlink()

    def forget(self, now: datetime, keep_for: timedelta) -> None:
        """Remove what its time is over for, and the log before the oldest base copy that stays."""
        found = self.bases()
        for begun in expendable(found, now, keep_for):
            path = self.base(begun)
            gone = path.with_name(path.name + ".part")
            path.rename(gone)
            shutil.rmtree(gone)
        if first := next(iter(self.bases()), None):
            needed = first_segment(self.base(first))
            for path in self.log.iterdir():
                if _SEGMENT.fullmatch(path.name[:24]) and path.name[8:24] < needed[8:]:
                    path.unlink()

    def closed(self) -> "list[Repository]":
        """Those of the database as it was before it was taken back, the oldest first."""
        return [Repository(folder) for folder in sorted(self.folder.glob(f"{UNTIL}*"))]

    def past(self, until: datetime) -> Path:
        """Where what is kept `until` then can go: a name that no past has, so perhaps that of a second after."""
        while (found := self.folder / f"{UNTIL}{until.strftime(MOMENT)}").exists():
            until += _SECOND
        return found

    def close(self, past: Path) -> None:
        """All of it is of that past, which the database has no longer. It may be asked for again after a kill."""
        if past.exists():
            return
        part = self.folder / f"{_PART}{past.name}"
        part.mkdir(mode=0o750, exist_ok=True)
        owner = self.folder.stat()
        os.chown(part, owner.st_uid, owner.st_gid)  # the keeper's, whoever moves them
        _move(self.folder, part)
        part.rename(past)

    def finish(self) -> None:
        """What a kill left half closed is closed."""
        for part in self.folder.glob(f"{_PART}*"):
            self.close(self.folder / part.name.removeprefix(_PART))

    def reopen(self, past: Path, meanwhile: Path) -> None:
        """That past is the present again; what came meanwhile is another. It may be asked for again after a kill."""
        self.close(meanwhile)
        if past.exists():
            _move(past, self.folder)
            past.rmdir()

    def forget_closed(self, now: datetime, keep_for: timedelta) -> None:
        """Of a past nothing stays once the time of all its copies is over."""
        for past in self.closed():
            if all(now - begun > keep_for for begun in past.bases()):
                gone = self.folder / f"gone-{past.folder.name}"
                past.folder.rename(gone)
                shutil.rmtree(gone)

    def segments(self) -> Iterator[tuple[int, Path]]:
        """Each of the log with its number, whatever timeline it is of."""
        for path in self.log.iterdir():
            if _SEGMENT.fullmatch(path.name[:24]) and not path.name.endswith(".part"):
                yield (int(path.name[8:16], 16) << 8) + int(path.name[16:24], 16), path

    def told(self) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / "told.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def tell(self, **news: object) -> None:
        write(self.folder / "told.json", {**self.told(), **news})


def _move(source: Path, target: Path) -> None:
    """What a repository is made of; what a kill left is moved by the next try, and what was moved before stays so."""
    for name in ("base", "log", "told.json"):
        if (source / name).exists() and not (target / name).exists():
            (source / name).rename(target / name)


def expendable(bases: list[datetime], now: datetime, keep_for: timedelta) -> list[datetime]:
    """Of a day that is over the first base copy stays, of the last 24 hours all; none is older than `keep_for`."""
    kept: set[datetime] = set(bases[-FEWEST:])
    days = set()
    for begun in bases:
        if now - begun <= _DAY or (now - begun <= keep_for and begun.date() not in days):
            kept.add(begun)
        days.add(begun.date())
    return [begun for begun in bases if begun not in kept]


def first_segment(base: Path) -> str:
    """The segment of the log with which its restore begins, as its manifest says."""
    manifest = json.loads((base / "backup_manifest").read_text(encoding="utf-8"))
    begins = min(manifest["WAL-Ranges"], key=lambda one: position(one["Start-LSN"]))
    at = position(begins["Start-LSN"]) >> 24
    return f"{begins['Timeline']:08X}{at >> 8:08X}{at & 0xFF:08X}"


def last_segment(base: Path) -> int:
    """The number of the segment in which a base copy ends: all of the log that it needs to be whole is in itself."""
    manifest = json.loads((base / "backup_manifest").read_text(encoding="utf-8"))
    return max(position(one["End-LSN"]) for one in manifest["WAL-Ranges"]) >> 24


def position(lsn: str) -> int:
    """Of the log, in bytes."""
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def write(file: Path, told: Mapping[str, object]) -> None:
    """In one step."""
    part = file.with_name(file.name + ".part")
    part.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    part.chmod(0o644)
    keep(part, file)


def keep(part: Path, file: Path) -> None:
    """It appears under its name once it is on the disk."""
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(file)
