"""Keeps drills on the disk of a host at the recovery site: each line of its input asks for something, each of its
output answers.

It runs there by itself, from its own text and with what Python brings alone (drs.drill.custodian sends and asks it):

    list                                the drills, each with the bytes of its journal that are whole lines
    bring   drill, made                 keep the files with which a drill begins; it appears whole or not at all
    made    drill                       these files again
    append  drill, at, head, text       write behind byte `at`, whose last line has the digest `head`; on the disk
                                        (fsync(2)) when it answers. Else it answers what is there instead
    hold    lease                       be the one who conducts; any request with a lease holds it anew
    give    lease                       be that no longer

A lease has a `token` and tells `who`; whoever comes with another token is told who holds it. It runs out by this
host's own count of seconds, and at once when its holder's connection ends: a killed command keeps nobody waiting.
"""

import fcntl
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LASTS_S = 15.0
"""How long whoever conducts may be silent, on a line that nobody saw end."""
VOLUME = Path("/mnt/vdb")
"""Where a server of the cloud has its data volume, which outlives the server."""
BOOT = Path("/proc/sys/kernel/random/boot_id")
Request = dict[str, Any]


def place(volume: Path = VOLUME) -> Path:
    """On the data volume where there is one, else on the server's own disk."""
    return (volume if volume.is_mount() else Path("/var/lib")) / "drills"


class Held(Exception):  # noqa: N818 - a sentence with its subject
    """Somebody else conducts."""


class Keeper:
    """Of the drills under `root`. Several may run at once: each request has the folder for itself."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.root, self._clock = root, clock
        self.held: dict[str, str] | None = None
        self._verbs: dict[str, Callable[[Request], Request]] = {
            "list": self._list,
            "bring": self._bring,
            "made": self._made,
            "append": self._append,
            "hold": lambda _asked: {},
            "give": self._give,
        }
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def answer(self, asked: Request) -> Request:
        with (self.root / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                if asked["do"] != "give" and asked.get("lease"):
                    self._hold(asked["lease"])
                return self._verbs[asked["do"]](asked)
            except Held as held:
                return {"held": str(held)}

    def _list(self, _asked: Request) -> Request:
        return {"drills": {made.parent.name: len(self._whole(made.parent.name)) for made in self._every()}}

    def _every(self) -> list[Path]:
        return sorted(self.root.glob("[!.]*/made.json"))

    def _bring(self, asked: Request) -> Request:
        folder, partial = self._folder(asked), self.root / f".{asked['drill']}.{os.getpid()}"
        told = json.dumps(asked["made"])
        if (folder / "made.json").exists():
            return {} if (folder / "made.json").read_text() == told else {"taken": asked["drill"]}
        partial.mkdir(mode=0o700, exist_ok=True)
        _write(partial / "made.json", told.encode(), 0)
        partial.rename(folder)
        _sync(self.root)
        return {}

    def _made(self, asked: Request) -> Request:
        return {"made": json.loads((self._folder(asked) / "made.json").read_text())}

    def _append(self, asked: Request) -> Request:
        if not (self._folder(asked) / "made.json").exists():
            return {"unknown": True}
        whole = self._whole(asked["drill"])
        if len(whole) < asked["at"] or _head(whole[: asked["at"]]) != asked["head"]:
            return {"there": len(whole), "head": _head(whole)}
        if len(whole) > asked["at"]:
            return {"more": whole[asked["at"] :].decode()}
        if asked["text"]:
            _write(self._folder(asked) / "journal.jsonl", asked["text"].encode(), len(whole))
        return {}

    def _whole(self, drill: str) -> bytes:
        """Without what a power cut left half written."""
        file = self._folder({"drill": drill}) / "journal.jsonl"
        told = file.read_bytes() if file.exists() else b""
        return told[: told.rfind(b"\n") + 1]

    def _folder(self, asked: Request) -> Path:
        if asked["drill"] != Path(asked["drill"]).name or asked["drill"][:1] in {"", "."}:
            raise ValueError("that is no name of a drill")
        return self.root / str(asked["drill"])

    def _hold(self, lease: dict[str, str]) -> None:
        kept, now = self._lease(), self._clock()
        if kept and kept["token"] != lease["token"] and now < kept["until"]:
            raise Held(kept["who"])
        self.held = lease
        if not kept or kept["token"] != lease["token"] or kept["until"] - now < LASTS_S / 2:
            told = json.dumps({**lease, "until": now + LASTS_S, "boot": BOOT.read_text()})
            (self.root / ".lease.partial").write_text(told)
            (self.root / ".lease.partial").replace(self.root / ".lease")

    def _lease(self) -> dict[str, Any] | None:
        """None where nobody has one; what was held when this host started anew is held by nobody."""
        try:
            kept = dict(json.loads((self.root / ".lease").read_text()))
        except (OSError, ValueError):
            return None
        return kept if kept["boot"] == BOOT.read_text() else None

    def _give(self, asked: Request) -> Request:
        kept = self._lease()
        if kept and kept["token"] == asked["lease"]["token"]:
            (self.root / ".lease").unlink()
        self.held = None
        return {}


def _head(whole: bytes) -> str:
    """The digest of the last line, as drs.drill.journal has it."""
    last = whole[whole.rfind(b"\n", 0, -1) + 1 :]
    return hashlib.sha256(last).hexdigest() if last else "0" * 64


def _write(file: Path, told: bytes, at: int) -> None:
    new = not file.exists()
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as out:
        out.truncate(at)
        out.seek(at)
        out.write(told)
        out.flush()
        os.fsync(out.fileno())
    if new:
        _sync(file.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def main() -> None:
    keeper = Keeper(Path(sys.argv[1]) if sys.argv[1:] else place())
    for line in sys.stdin.buffer:
        try:
            answer = keeper.answer(json.loads(line))
        except (OSError, ValueError, KeyError, TypeError) as error:
            answer = {"failed": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    if keeper.held:
        keeper.answer({"do": "give", "lease": keeper.held})


if __name__ == "__main__":
    main()
