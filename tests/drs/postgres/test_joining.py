"""How a follower is led back: as it is, rewound, or rebuilt; clusters on paper."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from city.errors import Failed
from drs.hands.shell import Declined
from drs.postgres import pair
from drs.postgres.pair import Pair
from drs.postgres.state import Follower, State


@dataclass
class Paper:
    """An old leader. It streams once `enough` was done to it; until then its start does not come to an end."""

    enough: str
    rewinds: bool = True
    done: list[str] = field(default_factory=list)
    running: bool = False
    follows: bool = False

    @property
    def streams(self) -> bool:
        return self.running and self.enough in self.done

    def state(self) -> State:
        return State(running=self.running, follows=self.follows, system="7", timeline=1, at=9, streaming=self.streams)

    def conninfo(self) -> str:
        return "host=leader"

    def way_to(self, _other: object, known: str) -> str:
        return known

    def follow(self, _way: str, _slot: str) -> None:
        self.follows = True

    def start(self) -> None:
        self.running = True
        if not self.streams:
            raise Failed("host", "it did not end within 60 s", "Look.")

    def stop(self) -> None:
        self.running = False

    def rewind(self, _way: str) -> None:
        if not self.rewinds:
            raise Declined("host", "pg_rewind", 1, "no common ancestor")
        self.done.append("rewound")

    def rebuild(self, _way: str, _slot: str) -> None:
        assert not self.running, "nobody copies into a cluster that runs"
        self.done.append("rebuilt")

    def forget_slots(self) -> None: ...


@dataclass
class Leads:
    follower: Paper

    def state(self) -> State:
        streaming = (Follower(slot="datacentre", streaming=True, at=9),) if self.follower.streams else ()
        return State(running=True, follows=False, system="7", timeline=2, at=9, followers=streaming)

    def settle(self) -> None: ...

    def slot(self, _name: str) -> None: ...


@pytest.mark.parametrize(
    ("old", "done", "told"),
    [
        (Paper("rewound"), ["rewound"], "was rewound, and follows"),
        (Paper("rebuilt"), ["rewound", "rebuilt"], "rebuilt, for it was rewound and did not stream"),
        (Paper("rebuilt", rewinds=False), ["rebuilt"], "rebuilt, for it could not be rewound (no common ancestor)"),
        (Paper("rebuilt", follows=True), ["rewound", "rebuilt"], "rebuilt, for it was rewound and did not stream"),
    ],
)
def test_an_old_leader_is_rebuilt_where_rewinding_does_not_let_it_follow(
    monkeypatch: pytest.MonkeyPatch, old: Paper, done: list[str], told: str
) -> None:
    """The leader may have removed log from after they parted: then it is rewound, and never consistent."""
    monkeypatch.setattr(pair, "PATIENCE_S", 0.2)
    leader: Any = Leads(old)
    follower: Any = old
    assert told in Pair(leader=leader, follower=follower, slot="datacentre").join()
    assert old.done == done
