"""Takes the database of this host back to an earlier point, as an operator or a drill asks for it; as root.

    python3 back.py begin POINT    bring a copy of the data as of POINT into quarantine, and check it (quarantined.py)
    python3 back.py told           how far that is, as JSON: what is taken, and what is in quarantine
    python3 back.py take POINT     let it take the place of the data, which are kept beside it; it follows nobody, and
                                   takes no writes before it is promoted
    python3 back.py undo           the data that were there before, unless it was promoted since

POINT is a moment in ISO 8601 with its offset from UTC. Each may be asked for again after a kill. Nothing is deleted:
the data from before are main.before-TIME, and the copies of them until-TIME.
"""

import json
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from points import covering, every  # type: ignore[import-not-found, unused-ignore]
from repository import MOMENT, Repository, write  # type: ignore[import-not-found, unused-ignore]

VOLUME = Path("/mnt/vdb")
CLUSTERS = VOLUME / "postgresql"
COPIES = VOLUME / "copies"
QUARANTINE = VOLUME / "quarantine"
STATE = VOLUME / "back.json"
"""What was begun and done: point, phase, stamp (when it was taken), past (the folder that the copies from before go to)
and meanwhile (the one that the copies since then go to, where it was undone)."""
ENVIRONMENT = Path("/run/service.env")
UNIT = "database-quarantine.service"
RESTORERS = ("database-restorer.socket", "database-restorer@*.service", UNIT)
"""Whatever runs as the user whose files are taken over."""
SERVER, KEEPER = "postgresql@15-main.service", "database-keeper.service"
ASKED, TAKING, TAKEN, UNDOING, UNDONE = "asked", "taking", "taken", "undoing", "undone"
_OWN = ("postmaster.pid", "postmaster.opts", "recovery.signal")
_DATABASE = re.compile(r'^DATABASE="([a-z_][a-z0-9_-]{0,62})"$', re.MULTILINE)


class CannotError(Exception):
    """Why it cannot be done, in a sentence."""


def control(*words: str) -> None:
    """systemctl. Raises CannotError."""
    done = subprocess.run(["/usr/bin/systemctl", *words], capture_output=True, text=True, check=False)  # noqa: S603 - own words
    if done.returncode:
        raise CannotError(f"systemctl {' '.join(words)}: {done.stderr.strip()[:200]}")


def moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as problem:
        raise CannotError(f"{text} is no moment in ISO 8601") from problem
    if found.tzinfo is None:
        raise CannotError(f"{text} has no offset from UTC")
    return found.astimezone(UTC)


def state() -> dict[str, Any]:
    try:
        found = json.loads(STATE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found if isinstance(found, dict) else {}


def say(**news: object) -> dict[str, Any]:
    found = {**state(), **news}
    write(STATE, found)
    return found


def not_undoing(known: dict[str, Any]) -> dict[str, Any]:
    """Raises CannotError where an undo was begun and not ended."""
    if known.get("phase") == UNDOING:
        raise CannotError("the data from before are taking their place again; undo once more, so that it ends")
    return known


def begin(point: datetime) -> None:
    """Begun, and not awaited. What is in quarantine already for that point stays. Raises CannotError."""
    known = not_undoing(state())
    if known.get("phase") == TAKING:
        if known.get("point") == point.isoformat():
            return
        raise CannotError(f"the data of {known['point']} are taking the place; let that end, or undo it")
    good = found_there().get("good") is True
    if known.get("point") == point.isoformat() and known.get("phase") == ASKED and (good or working()):
        return
    ranges = every(Repository(COPIES), datetime.now(UTC))
    found = covering(ranges, point)
    if found is None:
        spans = "; ".join(f"{one.begins:%Y-%m-%d %H:%M:%S} to {one.ends:%Y-%m-%d %H:%M:%S}" for one in ranges[:10])
        raise CannotError(f"no copy covers {point:%Y-%m-%d %H:%M:%S} UTC; there is {spans or 'none at all'}")
    control("stop", UNIT)
    prepared(found.repository.folder, found.base, point)
    say(point=point.isoformat(), phase=ASKED, stamp="", past="", meanwhile="")
    control("start", "--no-block", UNIT)


def prepared(copies: Path, base: datetime, point: datetime) -> None:
    """An empty quarantine, with what is asked for."""
    shutil.rmtree(QUARANTINE, ignore_errors=True)
    QUARANTINE.mkdir(mode=0o700)
    request = {"copies": str(copies), "base": base.strftime(MOMENT), "point": point.isoformat(), "database": database()}
    write(QUARANTINE / "request.json", request)
    shutil.chown(QUARANTINE, "restorer", "restorer")


def database() -> str:
    found = _DATABASE.search(ENVIRONMENT.read_text(encoding="utf-8"))
    if found is None:
        raise CannotError(f"{ENVIRONMENT} names no database")
    return found[1]


def found_there() -> dict[str, Any]:
    """What the quarantine says of itself; it is no more than data to us. Nothing while it is at work."""
    file = QUARANTINE / "told.json"
    try:
        if not stat.S_ISREG(file.lstat().st_mode) or file.lstat().st_size > 1024 * 1024:
            return {"problem": "what it said of itself cannot be read"}
        told = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        return {"problem": "what it said of itself cannot be read"}
    return told if isinstance(told, dict) else {"problem": "what it said of itself cannot be read"}


def told() -> dict[str, Any]:
    """`follows` is whether the data that are there would start as a follower."""
    follows = (CLUSTERS / "main/standby.signal").exists()
    return {**state(), "quarantine": found_there(), "follows": follows, "working": working()}


def working() -> bool:
    done = subprocess.run(["/usr/bin/systemctl", "is-active", UNIT], capture_output=True, text=True, check=False)  # noqa: S603 - own words
    return done.stdout.strip() in {"active", "activating"}


def take(point: datetime) -> None:
    """Raises CannotError where what is in quarantine is not good, or not of that point."""
    known, there = not_undoing(state()), found_there()
    if known.get("point") != point.isoformat():
        raise CannotError(f"what was asked for is of {known.get('point') or 'no point at all'}")
    if known.get("phase") == TAKEN:
        return
    if known.get("phase") != TAKING:
        if there.get("good") is not True or there.get("point") != point.isoformat():
            raise CannotError(f"the copy in quarantine is not good: {there.get('problem') or 'it is not there yet'}")
        control("stop", *RESTORERS)
        handed_over(QUARANTINE / "main")
        now = datetime.now(UTC)
        names = {"stamp": now.strftime(MOMENT), "past": str(Repository(COPIES).past(now))}
        known = say(phase=TAKING, rows=there.get("rows"), last_change=there.get("last_change"), **names)
    stopped(lambda: exchanged(known))
    say(phase=TAKEN)
    started()


def handed_over(main: Path) -> None:
    """Its files are the cluster's owner's from now on. Raises CannotError for a link: none belongs into a cluster."""
    shutil.chown(main.parent, "root", "root")
    for folder, folders, files in os.walk(main):
        for name in (*folders, *files):
            path = Path(folder, name)
            found = path.lstat()
            if stat.S_ISLNK(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_nlink > 1):
                raise CannotError(f"{path} is a link")
    shutil.copyfile(CLUSTERS / "main/postgresql.auto.conf", main / "postgresql.auto.conf")
    for name in _OWN:
        (main / name).unlink(missing_ok=True)
    (main / "standby.signal").touch()
    owner = pwd.getpwnam("postgres")
    for folder, folders, files in os.walk(main):
        for path in (Path(folder), *(Path(folder, name) for name in (*folders, *files))):
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
    os.sync()


def exchanged(known: Mapping[str, Any]) -> None:
    """One rename after the other; whatever was done before a kill is not done again."""
    main, before = CLUSTERS / "main", CLUSTERS / f"main.before-{known['stamp']}"
    if not before.exists():
        main.rename(before)
    if not main.exists():
        (QUARANTINE / "main").rename(main)
    Repository(COPIES).close(Path(known["past"]))
    os.sync()


def undo() -> None:
    """Raises CannotError where somebody has written to the data that took the place."""
    known = state()
    if known.get("phase") in {None, UNDONE}:
        return
    if known["phase"] == TAKEN and not (CLUSTERS / "main/standby.signal").exists():
        raise CannotError("it leads by now, and has what nobody else has")
    if known["phase"] in {TAKING, TAKEN}:
        known = say(phase=UNDOING, meanwhile=str(Repository(COPIES).past(datetime.now(UTC))))
    if known["phase"] == UNDOING:
        stopped(lambda: exchanged_back(known))
        say(phase=UNDONE)
        started()
    control("stop", UNIT)
    say(phase=UNDONE)


def exchanged_back(known: Mapping[str, Any]) -> None:
    """The same the other way, however far the exchange had come."""
    stamp, past = known["stamp"], Path(known["past"])
    main, before = CLUSTERS / "main", CLUSTERS / f"main.before-{stamp}"
    if before.exists():
        if main.exists():
            main.rename(CLUSTERS / f"main.undone-{stamp}")
        before.rename(main)
    Repository(COPIES).finish()
    if past.exists():
        Repository(COPIES).reopen(past, Path(known["meanwhile"]))
    os.sync()


def stopped(deed: Callable[[], None]) -> None:
    """Done while neither the server nor the keeper runs."""
    control("stop", KEEPER, SERVER)
    deed()


def started() -> None:
    control("start", "--no-block", SERVER, KEEPER)


def main(words: list[str]) -> int:
    try:
        match words:
            case ["begin", point]:
                begin(moment(point))
            case ["told"]:
                print(json.dumps(told()))  # noqa: T201 - what was asked for
            case ["take", point]:
                take(moment(point))
            case ["undo"]:
                undo()
            case _:
                print(__doc__, file=sys.stderr)  # noqa: T201 - for whoever asked
                return 2
    except CannotError as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - for whoever asked
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
