"""A client who resolves a service's name and writes marks while a drill goes on, and keeps what came of it.

Each try is one line: the moment, the token, whether the service promised to keep it, where it was, and why not. A line
is on the disk before the next try, so what was promised is known whoever dies.
"""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from secrets import token_hex
from threading import Thread
from typing import Any, TextIO

from drs.outside.dns import NoAnswer, ask
from drs.outside.marks import Entrance, NotTaken

_LOOKS, _LOOKS_EVERY_S = 20, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """`at` is when it began, `until` when its answer came, both in seconds since 1970 by the client's own clock."""

    at: float
    until: float
    token: str
    taken: bool
    address: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """`resolvers` are asked in this order, each as (address, port): the next one where one says nothing."""

    fqdn: str
    port: int
    resolvers: tuple[tuple[str, int], ...]
    trust: Path | None
    patience_s: float = 1.0

    def resolve(self) -> str:
        """Raises NoAnswer where nobody knows an address."""
        reason = "there is no resolver"
        for resolver in self.resolvers:
            try:
                if found := ask(resolver, self.fqdn, self.patience_s).values:
                    return found[0]
                reason = f"{resolver[0]} knows no address of it"
            except NoAnswer as error:
                reason = f"{resolver[0]}: {error}"
        raise NoAnswer(reason)

    def entrance(self, address: str) -> Entrance:
        return Entrance(
            fqdn=self.fqdn, address=address, port=self.port, trust=self.trust, timeout_s=3 * self.patience_s
        )

    def write(self, token: str, address: str = "") -> Try:
        """Resolve, unless an address is given, and write once, as somebody does who comes just now."""
        at = time.time()
        try:
            address = address or self.resolve()
            self.entrance(address).write(token)
            reason = ""
        except (NoAnswer, NotTaken) as error:
            reason = str(error) or type(error).__name__
        return Try(at=at, until=time.time(), token=token, taken=not reason, address=address, reason=reason)


def keep(client: Client, file: Path, every_s: float, longest_s: float) -> None:
    """Write marks until the stop file is there, or for so long. Nothing is written where somebody else does."""
    end, stop = time.monotonic() + longest_s, stop_file(file)
    with file.open("a", encoding="utf-8") as kept:
        if not _alone(kept):
            return
        while time.monotonic() < end and not stop.exists():
            begun = time.monotonic()
            kept.write(json.dumps(asdict(client.write(token_hex(8)))) + "\n")
            kept.flush()
            os.fsync(kept.fileno())
            time.sleep(max(0.0, begun + every_s - time.monotonic()))


def _alone(kept: TextIO) -> bool:
    """Whether nobody else writes there. Who only looks (`writes`) holds the file for a moment, and is waited for."""
    for _ in range(_LOOKS):
        try:
            flock(kept, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOOKS_EVERY_S)
        else:
            return True
    return False


def stop_file(file: Path) -> Path:
    """Once it is there, whoever writes marks into `file` ends."""
    return file.with_name(f"{file.name}.stop")


def writes(file: Path) -> bool:
    """Whether somebody writes marks into it: the kernel knows, whoever was killed."""
    if not file.exists():
        return False
    with file.open("rb") as kept:
        try:
            flock(kept, LOCK_SH | LOCK_NB)
        except BlockingIOError:
            return True
    return False


def read(file: Path) -> tuple[Try, ...]:
    """What was kept; a line that was cut off is of a try of which nobody knows."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.exists() else []
    return tuple(Try(**json.loads(line)) for line in lines if line.endswith("\n"))


def _keep_each(told: dict[str, Any]) -> None:
    """One thread for each door, and all end by the same rules."""
    threads = [
        Thread(
            target=keep,
            args=(
                Client(
                    fqdn=door["fqdn"],
                    port=door["port"],
                    resolvers=tuple((address, port) for address, port in told["resolvers"]),
                    trust=Path(told["trust"]) if told["trust"] else None,
                ),
                Path(door["file"]),
                told["every_s"],
                told["longest_s"],
            ),
        )
        for door in told["doors"]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":  # in a place of its own: `python -m drs.outside.marker SETTINGS`
    _keep_each(json.loads(sys.argv[1]))
