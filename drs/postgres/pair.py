"""A leader and who follows it: what each change of that takes, and what proves it."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from city.errors import AstyError, Failed, Refused
from drs.hands.shell import Declined
from drs.postgres.cluster import Cluster
from drs.postgres.state import State

_LOOKS_EVERY_S = 0.1
PATIENCE_S = 15.0
"""How long a follower may take to stream: a dead stream is given up after 5 s, and asked for again after 5 more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """`slot` is under which name the leader keeps log for the follower."""

    leader: Cluster
    follower: Cluster
    slot: str

    def unfit(self) -> str:
        """Why the follower cannot take over with nothing lost, or nothing."""
        return self._unfit(self.leader.state(), self.follower.state())

    def _unfit(self, leader: State, follower: State) -> str:
        if problem := kin(leader, follower):
            return problem
        if not leader.writable:
            return f"{self.leader} does not lead"
        if not (follower.follows and follower.streaming):
            return f"{self.follower} does not stream from {self.leader}"
        return ""

    def drain(self) -> str:
        """Stop the leader in order; from then on it would start as a follower, and the follower has all of it.

        Raises Refused before anything is changed where the leader runs and does not lead, or the follower does not
        stream from it.
        """
        leader, follower = self.leader.state(), self.follower.state()
        if leader.running:
            if problem := self._unfit(leader, follower):
                raise Refused(f"{self.leader}", problem, "Mend the replication first.")
            self.leader.stop()
        if leader.running or not leader.follows:
            known = follower.conninfo or self.follower.conninfo()
            self.leader.follow(self.leader.way_to(self.follower, known), self.slot)
        self._await(self.drained, f"{self.follower} has not all of {self.leader}")
        return f"{self.leader} stands still, and {self.follower} has all that it wrote"

    def drained(self) -> bool:
        """It stands still after an orderly stop, would start as a follower, and the other has its last word."""
        leader, follower = self.leader.state(), self.follower.state()
        if follower.writable:
            return leader.follows
        stands = not leader.running and leader.follows and leader.clean
        return stands and follower.running and follower.at > leader.at

    def undrain(self) -> str:
        """Let the old leader lead again. Raises Refused where the other leads by now."""
        if self.follower.state().writable:
            raise Refused(f"{self.leader}", f"{self.follower} leads by now", "Go on, and fail back later.")
        self.leader.lead_again()
        self.leader.start()
        return f"{self.leader} leads again"

    def revive(self) -> None:
        """Start the leader again where it has ended, be it right after its promotion; nothing where it runs.

        A leader asks the other before it leads anew, and that one has to say that it follows: so the other is started
        first where it stands still and its files say so. Raises Failed where the leader does not start.
        """
        if self.leader.state().running:
            return
        with suppress(AstyError):  # one that is gone, or fenced, is nobody to ask
            other = self.follower.state()
            if other.follows and not other.running:
                self.follower.start()
                self.follower.forget_slots()
        self.leader.start()

    def join(self) -> str:
        """Make the follower follow: as it is where it can, else rewound, else rebuilt.

        Raises Refused where both would lead: then a person decides whose data are kept.
        """
        leader, follower = self.leader.state(), self.follower.state()
        if follower.writable:
            raise Refused(f"{self.follower}", f"it leads beside {self.leader}", "Fence one of them, and look at both.")
        if not leader.writable:
            raise Refused(f"{self.leader}", "it does not lead, and nobody can follow it", "Promote it first.")
        if self._follow(leader, follower):
            return f"{self.follower} follows already"
        self.leader.settle()
        self.leader.slot(self.slot)
        way = self._way()
        self.follower.stop()  # also one that waits to be allowed to lead
        told = self._joined(way, diverged=not follower.follows)
        self._await(self.follows, f"{self.follower} does not stream from {self.leader}")
        self.follower.forget_slots()
        return told

    def follows(self) -> bool:
        """Both say so: the follower streams, and the leader streams to the slot of this name."""
        return self._follow(self.leader.state(), self.follower.state())

    def _follow(self, leader: State, follower: State) -> bool:
        named = any(one.streaming and one.slot == self.slot for one in leader.followers)
        return leader.writable and follower.follows and follower.streaming and named

    def _way(self) -> str:
        """From how it followed last, else from how the leader did: each has the same certificates."""
        known = self.follower.conninfo() or self.leader.conninfo()
        if not known:
            remedy = f"Set primary_conninfo of {self.follower}."
            raise Failed(f"{self.follower}", "nobody knows how it is to reach its leader", remedy)
        return self.follower.way_to(self.leader, known)

    def _joined(self, way: str, *, diverged: bool) -> str:
        """The shortest way first; one that fails leaves the data as they were, or to be rebuilt."""
        if not diverged:
            self.follower.follow(way, self.slot)
            if self._streams():
                return f"{self.follower} follows {self.leader}"
        if why := self._unrewound(way):
            self.follower.rebuild(way, self.slot)
            self.follower.follow(way, self.slot)
            self.follower.start()
            return f"{self.follower} was rebuilt, for {why}, and follows {self.leader}"
        return f"{self.follower} was rewound, and follows {self.leader}"

    def _unrewound(self, way: str) -> str:
        """Rewind it and start it; why it does not follow then, or nothing. It stands still where it does not."""
        try:
            self.follower.rewind(way)
        except Declined as error:
            return f"it could not be rewound ({error.told})"
        self.follower.follow(way, self.slot)
        if self._streams():
            return ""
        return "it was rewound and did not stream: its leader may have no more of the log since they parted"

    def _streams(self) -> bool:
        """Started, whether it follows; else it stands still again.

        Who needs log that its leader has no more of is never consistent, so its start does not come to an end either,
        and who is of another history than its leader does not start.
        """
        with suppress(AstyError):
            self.follower.start()
        if self.soon(self.follows):
            return True
        self.follower.stop()
        return False

    def soon(self, holds: Callable[[], bool]) -> bool:
        """Whether it holds before patience is over; meanwhile a cluster may be starting, and say nothing."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with suppress(AstyError):
                if holds():
                    return True
            time.sleep(_LOOKS_EVERY_S)
        return False

    def _await(self, holds: Callable[[], bool], problem: str) -> None:
        if not self.soon(holds):
            raise Failed(f"{self.follower}", f"{problem} after {PATIENCE_S:g} s", "Look at the logs of both.")


def kin(one: State, other: State) -> str:
    """Why these two cannot be leader and follower, or nothing."""
    if one.system != other.system:
        return f"they are two databases, not one (systems {one.system} and {other.system})"
    return f"timelines {one.timeline} and {other.timeline} differ" if one.timeline != other.timeline else ""
