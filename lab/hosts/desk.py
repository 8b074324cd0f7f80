"""What Nova's driver may ask, one JSON object a line: {"do": VERB, ...}, and hears: {"ok": ...} or {"error": SENTENCE}.

    create                    guest (lab.hosts.guest.Guest)
    start                     id, volumes [{id, place}], name_servers
    stop                      id, patience_s
    resize                    id, compute_host, memory_mb, disk_gb
    pause, unpause, delete    id
    fault                     id, kind, told (lab.hosts.befallen)
    mend                      id: no fault stands after it
    attach                    id, volume {id, place}
    detach                    id, volume_id
    state, console            id
    states                    region: {id: state} of every guest of it

{"do": "listen", "region": NAME} is answered by {"id", "state"} of every guest, then of each whose state changes.
Whatever changes a guest waits for what changes it already; all may be asked again after an answer was lost.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any

from city.errors import AstyError, InvalidInput
from lab.hosts import befallen
from lab.hosts.guest import Guest, Volume, server_id
from lab.hosts.life import Life, State
from lab.hosts.watch import DELETED, Listeners, News, Watch

Told = Mapping[str, Any]


class Desk:
    """The guests of one lab, for many who ask at once."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.listeners = Listeners()
        self.watch = Watch(life, self._ended)
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)
        self._changes: Mapping[str, Callable[[str, Told], None]] = {
            "start": lambda which, told: life.start(
                which, tuple(map(Volume.of, told["volumes"])), told["name_servers"]
            ),
            "resize": lambda which, told: life.resize(
                which, str(told["compute_host"]), int(told["memory_mb"]), int(told["disk_gb"])
            ),
            "stop": lambda which, told: life.stop(which, float(told["patience_s"])),
            "pause": lambda which, _: life.pause(which),
            "unpause": lambda which, _: life.unpause(which),
            "delete": lambda which, _: life.delete(which),
            "fault": lambda which, told: befallen.begin(life, which, str(told["kind"]), dict(told["told"])),
            "mend": lambda which, _: befallen.end(life, which),
            "attach": lambda which, told: life.attach(which, Volume.of(told["volume"])),
            "detach": lambda which, told: life.detach(which, str(told["volume_id"])),
        }

    def answer(self, told: Told) -> dict[str, Any]:
        """Never raises for what was asked: the error is the answer."""
        try:
            return {"ok": self._do(str(told["do"]), told)}
        except AstyError as error:
            said = {name: getattr(error, name) for name in ("thing", "problem", "remedy")}
            return {"error": str(error), "said": {**said, "exit": int(error.exit_code)}}
        except (KeyError, TypeError, ValueError, OSError) as error:
            return {"error": f"{told.get('do')}: {error!r}"}

    def news(self, region: str) -> Iterator[News | None]:
        """How each guest of the region is, then None, then whatever changes, without end."""
        mine = self.listeners.add()
        try:
            yield from self._states(region).items()
            yield None
            while True:
                which, state = mine.get()
                if state == DELETED or self._region(which) == region:
                    yield which, state
        finally:
            self.listeners.remove(mine)

    def _do(self, verb: str, told: Told) -> Any:  # noqa: ANN401 - whatever JSON can say
        if verb == "states":
            return self._states(str(told["region"]))
        if verb == "create":
            guest = Guest.of(told["guest"])
            return self._change(guest.id, lambda: self.life.create(guest))
        which = server_id(told["id"])
        if verb in self._changes:
            return self._change(which, lambda: self._changes[verb](which, told))
        match verb:
            case "state":
                return self.life.state(which) if self.life.home.of(which).file.exists() else None
            case "console":
                return self.life.console(which)
        raise InvalidInput(f"request {verb}", "nobody knows it", "Read lab/hosts/desk.py.")

    def _change(self, which: str, action: Callable[[], None]) -> str:
        with self._locks[which]:
            try:
                action()
            finally:
                state = self._state(which)
                self.listeners.tell((which, state))
                self.watch.look()
        return state

    def _ended(self, which: str) -> None:
        """A guest's shell ended: of itself, or because somebody asked."""
        with self._locks[which]:
            self.life.settle(self.life.home.of(which).name)
            self.listeners.tell((which, self._state(which)))

    def _state(self, which: str) -> str:
        return self.life.state(which) if self.life.home.of(which).path.exists() else DELETED

    def _states(self, region: str) -> dict[str, State]:
        return {
            folder.id: self.life.state(folder.id)
            for folder in self.life.home.all()
            if (guest := folder.kept()) is not None and guest.region == region
        }

    def _region(self, which: str) -> str | None:
        guest = self.life.home.of(which).kept()
        return guest.region if guest is not None else None
