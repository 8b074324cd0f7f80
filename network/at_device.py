"""What a push does at one device, whatever stage it is in: look until it was seen, keep what it has, or take it back.

Nothing is taken back that is not provably ours, and what a device shows counts, not what it answers.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event

from city.errors import AstyError
from city.inventory import Endpoint
from network.diff import compare
from network.journal import Journal
from network.journal_entry import Entry
from network.limits import Limits
from network.patience import FIRST_PAUSE_S, LONGEST_PAUSE_S
from network.reading import Reading, on_the_way, read, recognise, staged, staged_by
from network.stages import Next, Result, Seen, settle
from network.transports.base import Deadline, Rejected, Session, SessionLost, Transport, Unreachable
from platforms.grammar.configuration import Configuration
from platforms.registry import grammar

_TOLD_LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every device's push of a run shares. Who sets `stop` ends them all, each where it is."""

    transport: Transport
    journal: Journal
    limits: Limits
    stop: Event = field(default_factory=Event)


class AtDevice:
    """One device as a push finds it. `entry` is its place in the journal, which the push moves on."""

    def __init__(self, tools: Tools, entry: Entry, endpoint: Endpoint) -> None:
        self.tools, self.entry, self.endpoint = tools, entry, endpoint
        self.platform = grammar(entry.platform)
        self.wanted = self.platform.parse(entry.intended)
        self.deadline = Deadline.after(tools.limits.deadline_s, tools.stop)
        self.session: Session | None = None
        self.typed: tuple[str, ...] = ()
        """The lines that were sent, with their secrets in place."""
        self.remark = self.reason = ""
        self.now = self.wanted
        """What it was last seen to run with, all of it."""
        self.timer_is_ours = False
        """What waits on the device to be confirmed is provably what we put there: it may be ended by us."""

    def settle(self) -> Result:
        """Look until the device was seen, and act on it.

        DONE: it shows what was intended; FAILED: what it was before; UNCERTAIN: neither, or nothing.
        """
        went_back = False
        while True:
            seen, now = self._look_patiently()
            self._explain(seen, now)
            match settle(self.entry.stage, seen, went_back=went_back):
                case Next.KEEP:
                    return Result.DONE
                case Next.CLOSE_REVERTED:
                    if self.timer_is_ours and not (went_back or self.platform.capabilities.candidate):
                        self._go_back(now)
                    return Result.FAILED
                case Next.GO_BACK if self._may_go_back(now):
                    self._go_back(now)
                    went_back = True
                case _:
                    if seen is Seen.OTHER and not went_back:
                        self.reason += "; what it shows is neither from before nor ours, and was left as it is"
                    return Result.UNCERTAIN

    def _explain(self, seen: Seen, now: Configuration | None) -> None:
        """Why it is not as intended: what it said to our lines; else what it shows in place of them."""
        if seen in {Seen.INTENDED, Seen.NOTHING}:
            return
        if self.remark:
            self.because(self.remark)
        elif seen is Seen.OTHER and now is not None:
            lacking = " / ".join(line.strip() for line in compare(self.platform, now, self.wanted).text[:_TOLD_LINES])
            self.because(f"it took the lines and shows otherwise; still to be changed: {lacking}")

    def _may_go_back(self, now: Configuration | None) -> bool:
        """Whether going back takes nothing from somebody else: what is not provably ours is left, and told."""
        before = self.platform.parse(self.entry.backup)
        ours = now is not None and on_the_way(self.platform, now, before, self.wanted)
        return self.timer_is_ours or ours

    def _go_back(self, now: Configuration | None) -> None:
        """Ask the device to go back; whether it did is seen by the next look, not by what it answers here."""
        if now is None or self.session is None:
            return
        before = self.platform.managed(self.platform.parse(self.entry.backup), self.wanted)
        inverse = self.platform.remedy(self.platform.managed(now, self.wanted), before)
        if self.platform.capabilities.timed_revert and not self.timer_is_ours:
            return
        if inverse or self.platform.capabilities.timed_revert:
            with suppress(Rejected, SessionLost):
                self.session.run(self.platform.revert(inverse))

    def _look_patiently(self) -> tuple[Seen, Configuration | None]:
        """A look over a new session, again and again until the deadline while the device cannot be reached."""
        pause = FIRST_PAUSE_S
        while True:
            self.hang_up()
            try:
                self.session = self.open()
                self._drop_staged(self.session)
                found = read(self.session, self.entry.device, self.platform)
            except (Unreachable, SessionLost) as error:
                self.because(error.problem)
            except AstyError as error:
                self.because(error.problem)
                return Seen.NOTHING, None
            else:
                self.now = found.running
                return self.seen(found), found.running
            if self.deadline.over:
                return Seen.NOTHING, None
            self.deadline.stop.wait(min(pause, self.deadline.left))
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _drop_staged(self, session: Session) -> None:
        """What is staged and provably ours: the apply that should have taken it never arrived."""
        text = staged(session, self.entry.device, self.platform)
        if text and staged_by(self.typed, text):
            session.run(self.platform.drop())

    def seen(self, found: Reading) -> Seen:
        before = self.platform.parse(self.entry.backup)
        return recognise(self.platform, found.running, before, self.wanted)

    def forget_staged(self) -> bool:
        """Drop what an arm that came to nothing staged, in a time of its own; False where it may be left still."""
        self.deadline = Deadline.after(self.tools.limits.deadline_s, self.tools.stop)
        if self._look_patiently()[0] is not Seen.NOTHING:
            return True
        drop = " and ".join(f"`{command}`" for command in self.platform.drop())
        self.reason = f"lines that we staged may be left on it, which {drop} there drops; {self.reason}"
        return False

    def because(self, reason: str) -> None:
        """The first cause is the one that is told: what failed after it failed because of it."""
        self.reason = self.reason or reason

    def ask(self, commands: tuple[str, ...]) -> None:
        if commands:
            self.open_session().run(commands)

    def open_session(self) -> Session:
        if self.session is None:
            raise SessionLost(f"device {self.entry.device}", "the session is closed", "Look at the device.")
        return self.session

    def open(self) -> Session:
        return self.tools.transport.open(self.endpoint, self.platform, self.deadline)

    def hang_up(self) -> None:
        if self.session is not None:
            self.session.__exit__(None, None, None)
            self.session = None
