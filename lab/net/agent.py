"""The agent of a lab's network: it makes the machine what both Neutrons say, again and again, until it is ended.

It remembers nothing that could disagree with the kernel: each round looks at what is there. A round is made when
Neutron's data change, when a namespace of a device comes or goes, when the link's file changes, when somebody asks
for one over the agent's socket, and every quarter of a minute in case somebody tampered. At rest it lists one
folder each second.
"""

import contextlib
import json
import logging
import select
import socket
from pathlib import Path

from city.errors import AstyError
from lab.net import districts, kernel, names, weather
from lab.net.carrier import Carrier
from lab.net.rounds import settle
from lab.net.tables import Tables
from lab.net.weather import Weather
from lab.params import LabParams

LOG = logging.getLogger(__name__)
PERIOD_S = 1.0
AT_LEAST_EVERY, AGAIN_AFTER = 15, 3
"""Periods between two rounds though nothing seems to have changed, and after a round that could not do all."""


def address(params: LabParams) -> Path:
    """The agent's socket: whoever connects gets a line of JSON when a round that began afterwards is over."""
    return params.root / "net" / "agent.sock"


class Agent:
    """`tables` read Neutron; what the link is to be is read from its file."""

    def __init__(self, params: LabParams, tables: Tables) -> None:
        self.params, self.tables = params, tables
        self.carrier = Carrier(params)
        self._seen: object = None
        self._periods = 0
        self._told: tuple[str, ...] = ()
        self._weather = weather.CLEAR

    def serve(self) -> None:
        """Work until the process is ended."""
        place = address(self.params)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(str(place))
            place.chmod(0o666)  # the folder around it is the lab's own
            door.listen()
            while True:
                waiting = door.fileno(), self.tables.news()
                ready, _, _ = select.select(waiting, [], [], PERIOD_S)
                if waiting[1] in ready:
                    self.tables.hear(0)
                if waiting[0] in ready:
                    self._answer(door)
                else:
                    self.tick()

    def _answer(self, door: socket.socket) -> None:
        asker, _ = door.accept()
        with asker, contextlib.suppress(OSError):
            asker.settimeout(1)
            self.tables.ask()
            asker.sendall(json.dumps(self.round()).encode() + b"\n")

    def tick(self) -> None:
        """A round, if there may be something to do."""
        self._periods += 1
        patience = AGAIN_AFTER if self._told else AT_LEAST_EVERY
        if self._moment() != self._seen or self._periods >= patience or not self.carrier.well:
            self.round()

    def round(self) -> dict[str, object]:
        """Look and mend once. Nothing is touched until each region was read once."""
        self._periods, seen = 0, self._moment()
        if not self.tables.whole:
            return {"steps": 0, "problems": ["a region's Neutron was never read"]}
        declared = self._declared()
        regions = [self.tables.regions[index] for index in sorted(self.tables.regions)]
        done, problems = settle(self.params, regions, declared)
        if self.carrier.follow(relayed=declared.relayed):
            more, problems = settle(self.params, regions, declared)
            done += more
        self._tell(done, problems)
        self._seen = seen
        return {"steps": done, "problems": problems}

    def _declared(self) -> Weather:
        with contextlib.suppress(AstyError):
            self._weather = weather.declared(self.params)
        return self._weather

    def _moment(self) -> object:
        """What a round depends on; two that are equal need no round between them."""
        return (
            tuple(self.tables.regions.values()),
            _spaces(names.mark(self.params)),
            self._declared(),
            districts.mark(self.params),
        )

    def _tell(self, done: int, problems: list[str]) -> None:
        if done:
            LOG.info("%d steps", done)
        if tuple(problems) != self._told:
            for problem in problems:
                LOG.warning("%s", problem)
        self._told = tuple(problems)


def _spaces(mark: str) -> frozenset[tuple[str, int]]:
    """The lab's namespaces, each with what tells it from a later one of the same name."""
    found = set()
    for name in kernel.names(mark):
        with contextlib.suppress(OSError):
            found.add((name, (kernel.SPACES / name).stat().st_ino))
    return frozenset(found)


def tell(params: LabParams, patience_s: float = 30.0) -> dict[str, object]:
    """Have the agent look now, and wait until it has. Raises OSError where no agent answers in time."""
    with socket.socket(socket.AF_UNIX) as asker:
        asker.settimeout(patience_s)
        asker.connect(str(address(params)))
        with asker.makefile("r", encoding="utf-8") as answer:
            line = answer.readline()
    if not line:
        raise ConnectionError("the agent of the network ended meanwhile")
    found: dict[str, object] = json.loads(line)
    return found
