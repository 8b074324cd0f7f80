"""One device's push, step by step: each stage is on the disk before the step that leaves it begins.

The first session looks, backs up, arms the device's own way back and applies; a second one proves
the result, confirms and saves. Whatever goes wrong after that way back was armed, the device is
looked at: it keeps what it has, goes back and proves it, or a person is asked.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Event
from time import monotonic

from city.disk import DiskTrouble
from city.errors import AstyError, InvalidInput
from city.inventory import Endpoint
from city.outcome import Outcome, Status
from network.diff import compare
from network.journal import Journal
from network.journal_entry import Entry
from network.limits import Limits
from network.patience import FIRST_PAUSE_S, LONGEST_PAUSE_S, open_patiently
from network.reading import Reading, on_the_way, read, recognise, staged, staged_by, starts_so
from network.stages import FINAL, NOT_BEGUN, UNTOUCHED, Next, Result, Seen, Stage, advance, settle
from network.transports.base import Deadline, Rejected, Session, SessionLost, Transport, Unreachable
from network.transports.transcript import refusal, remarks, words
from platforms.grammar.configuration import Configuration
from platforms.grammar.secret import revealed
from platforms.registry import grammar

_SAVED = "[OK]"
_TOLD_LINES = 3
_LEFT = (
    "What `{}` may have started was left as it is, for it may be somebody else's; "
    "a timer of ours ends by itself within {} s"
)

Step = Callable[[], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every device's push of a run shares. Who sets `stop` ends them all, each where it is."""

    transport: Transport
    journal: Journal
    limits: Limits
    stop: Event = field(default_factory=Event)


class DevicePush:
    """Brings one device to what its journal entry intends; made for one call of `push` or `resume`."""

    def __init__(self, tools: Tools, entry: Entry, endpoint: Endpoint) -> None:
        self._tools, self._entry, self._endpoint = tools, entry, endpoint
        self._platform = grammar(entry.platform)
        self._wanted = self._platform.parse(entry.intended)
        self._deadline = Deadline.after(tools.limits.deadline_s, tools.stop)
        self._began = monotonic()
        self._session: Session | None = None
        self._lines: tuple[str, ...] = ()
        self._typed: tuple[str, ...] = ()
        """The lines with their secrets in place."""
        self._remark = self._reason = self._cut_off = ""
        self._now = self._wanted
        """What it was last seen to run with, all of it."""
        self._timer_is_ours = False
        """What waits on the device to be confirmed is provably what we put there: it may be ended by us."""
        self._may_confirm = True
        self._steps: dict[Stage, Step] = {
            Stage.PLANNED: self._lock,
            Stage.LOCKED: self._back_up,
            Stage.BACKED_UP: self._arm,
            Stage.ARMED: self._apply,
            Stage.APPLIED: self._verify,
            Stage.VERIFIED: self._confirm,
        }

    def push(self) -> Outcome:
        """Walk from the entry's stage to a final one; what went wrong is in the outcome.

        Where somebody stops the run, the walk ends where it is: the journal keeps it for `resume`.
        """
        try:
            while self._entry.stage not in FINAL:
                result = self._steps[self._entry.stage]()
                if self._tools.stop.is_set() and result is not Result.DONE:
                    return self._outcome_of(Status.UNKNOWN, "stopped in the middle; `asty push --resume` settles it")
                self._record(advance(self._entry.stage, result))
        except DiskTrouble as error:
            return self._unrecorded(error)
        finally:
            self._hang_up()
        return self._outcome()

    def resume(self) -> Outcome:
        """Settle what a crash left open: start where nothing had begun; else look, then keep, go back or ask."""
        stage = self._entry.stage
        if self._lock() is Result.FAILED:
            self._record(Stage.REFUSED if stage in NOT_BEGUN else Stage.UNKNOWN)
            return self._outcome()
        if stage in NOT_BEGUN:
            self._record(Stage.PLANNED)
            return self.push()
        self._cut_off = f"the push was cut off when it was {stage}"
        self._take_over(stage)
        try:
            result = self._settle()
            if result is Result.DONE:
                self._record(Stage.VERIFIED)
                result = self._confirm()
                self._record(advance(Stage.VERIFIED, result))
            else:
                self._record(Stage.REVERTED if result is Result.FAILED else Stage.UNKNOWN)
        except DiskTrouble as error:
            return self._unrecorded(error)
        finally:
            self._hang_up()
        return self._outcome()

    def _take_over(self, stage: Stage) -> None:
        """What waits on the device is ours while the timer that we started must still run, and nobody's later."""
        before = self._platform.parse(self._entry.backup)
        self._lines = self._typed = compare(self._platform, before, self._wanted).lines
        with suppress(InvalidInput):  # then what is staged is not provably ours
            self._typed = revealed(self._lines)
        limits, age_s = self._tools.limits, self._tools.journal.age_s(self._entry)
        started = (Stage.ARMED, Stage.APPLIED, Stage.VERIFIED)[self._platform.capabilities.candidate :]
        self._timer_is_ours = stage in started and age_s < limits.revert_after_s - limits.deadline_s
        self._may_confirm = stage is not Stage.BACKED_UP and age_s <= limits.revert_after_s + limits.deadline_s

    def _lock(self) -> Result:
        self._reason = self._tools.journal.lease(self._entry, self._tools.limits.lease_s)
        return Result.FAILED if self._reason else Result.DONE

    def _back_up(self) -> Result:
        try:
            self._session = open_patiently(self._tools.transport, self._endpoint, self._platform, self._deadline)
            seen = read(self._session, self._entry.device, self._platform)
        except AstyError as error:
            self._because(f"{error.problem}. {error.remedy}")
            return Result.FAILED
        if self._platform.managed(seen.running, self._wanted).digest != self._entry.running_digest:
            self._because("its configuration changed since the plan; plan again")
            return Result.FAILED
        self._lines = compare(self._platform, seen.running, self._wanted).lines
        self._entry = replace(self._entry, backup=seen.text)
        return Result.DONE

    def _arm(self) -> Result:
        candidate = self._platform.capabilities.candidate
        try:
            self._typed = revealed(self._lines)
        except InvalidInput as error:
            self._because(f"{error}")
            return Result.FAILED
        commands = self._platform.arm(self._typed, self._tools.limits.revert_after_s)
        try:
            self._ask(commands)
        except AstyError as error:
            self._because(f"{error.problem}. {error.remedy}")
            if candidate:
                return Result.FAILED if self._forget_staged() else Result.UNCERTAIN
            if not isinstance(error, Rejected):
                self._reason += f" {_LEFT.format(commands[-1], self._tools.limits.revert_after_s)}"
            return Result.FAILED
        self._timer_is_ours = not candidate
        return Result.DONE

    def _apply(self) -> Result:
        commands = self._platform.apply(self._typed, self._tools.limits.revert_after_s)
        try:
            said = self._open_session().tell(commands)
        except AstyError as error:
            self._because(error.problem)
            return self._settle()
        found = remarks(commands, said, self._platform)
        self._remark = found[0] if found else ""
        self._timer_is_ours |= not any(refusal(answer, self._platform) for answer in said)
        return Result.DONE

    def _verify(self) -> Result:
        """Over a new session: one that the change cut off would still answer on the old one."""
        return self._settle()

    def _confirm(self) -> Result:
        try:
            self._keep()
        except AstyError as error:
            self._because(f"confirming it: {error.problem}")
            return self._confirm_again()
        return Result.DONE

    def _confirm_again(self) -> Result:
        """Confirming and saving are safe to repeat on a device that still shows what was intended."""
        result = self._settle()
        if result is not Result.DONE:
            return result
        try:
            self._keep()
        except AstyError as error:
            self._reason = f"it runs as intended and could not be made to keep it: {error.problem}"
            return Result.UNCERTAIN
        return Result.DONE

    def _keep(self) -> None:
        """Confirm, save, and read back that it starts so too. Raises what the session does."""
        session = self._session or self._open()
        self._session = session
        if self._may_confirm:
            self._confirm_once(session)
        saved = session.run(self._platform.save())
        if saved and _SAVED not in saved[-1]:
            problem = f"it did not save: {words('', saved[-1])!r}"
            raise Rejected(f"device {self._entry.device}", problem, "See its storage.")
        if not starts_so(session, self._platform, self._wanted, self._now):
            raise Rejected(f"device {self._entry.device}", "it saved something else", "See its storage.")

    def _confirm_once(self, session: Session) -> None:
        try:
            session.run(self._platform.confirm())
        except Rejected:
            # Nothing waits for a confirmation: confirmed before a crash, or gone back meanwhile.
            if self._seen(read(session, self._entry.device, self._platform)) is not Seen.INTENDED:
                raise

    def _settle(self) -> Result:
        """Look until the device was seen, and act on it.

        DONE: it shows what was intended; FAILED: what it was before; UNCERTAIN: neither, or nothing.
        """
        went_back = False
        while True:
            seen, now = self._look_patiently()
            self._explain(seen, now)
            match settle(self._entry.stage, seen, went_back=went_back):
                case Next.KEEP:
                    return Result.DONE
                case Next.CLOSE_REVERTED:
                    if self._timer_is_ours and not (went_back or self._platform.capabilities.candidate):
                        self._go_back(now)
                    return Result.FAILED
                case Next.GO_BACK if self._may_go_back(now):
                    self._go_back(now)
                    went_back = True
                case _:
                    if seen is Seen.OTHER and not went_back:
                        self._reason += "; what it shows is neither from before nor ours, and was left as it is"
                    return Result.UNCERTAIN

    def _explain(self, seen: Seen, now: Configuration | None) -> None:
        """Why it is not as intended: what it said to our lines; else what it shows in place of them."""
        if seen in {Seen.INTENDED, Seen.NOTHING}:
            return
        if self._remark:
            self._because(self._remark)
        elif seen is Seen.OTHER and now is not None:
            lacking = " / ".join(line.strip() for line in compare(self._platform, now, self._wanted).text[:_TOLD_LINES])
            self._because(f"it took the lines and shows otherwise; still to be changed: {lacking}")

    def _may_go_back(self, now: Configuration | None) -> bool:
        """Whether going back takes nothing from somebody else: what is not provably ours is left, and told."""
        before = self._platform.parse(self._entry.backup)
        ours = now is not None and on_the_way(self._platform, now, before, self._wanted)
        return self._timer_is_ours or ours

    def _go_back(self, now: Configuration | None) -> None:
        """Ask the device to go back; whether it did is seen by the next look, not by what it answers here."""
        if now is None or self._session is None:
            return
        before = self._platform.managed(self._platform.parse(self._entry.backup), self._wanted)
        inverse = self._platform.remedy(self._platform.managed(now, self._wanted), before)
        if self._platform.capabilities.timed_revert and not self._timer_is_ours:
            return
        if inverse or self._platform.capabilities.timed_revert:
            with suppress(Rejected, SessionLost):
                self._session.run(self._platform.revert(inverse))

    def _look_patiently(self) -> tuple[Seen, Configuration | None]:
        """A look over a new session, again and again until the deadline while the device cannot be reached."""
        pause = FIRST_PAUSE_S
        while True:
            self._hang_up()
            try:
                self._session = self._open()
                self._drop_staged(self._session)
                found = read(self._session, self._entry.device, self._platform)
            except (Unreachable, SessionLost) as error:
                self._because(error.problem)
            except AstyError as error:
                self._because(error.problem)
                return Seen.NOTHING, None
            else:
                self._now = found.running
                return self._seen(found), found.running
            if self._deadline.over:
                return Seen.NOTHING, None
            self._deadline.stop.wait(min(pause, self._deadline.left))
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _drop_staged(self, session: Session) -> None:
        """What is staged and provably ours: the apply that should have taken it never arrived."""
        text = staged(session, self._entry.device, self._platform)
        if text and staged_by(self._typed, text):
            session.run(self._platform.drop())

    def _seen(self, found: Reading) -> Seen:
        before = self._platform.parse(self._entry.backup)
        return recognise(self._platform, found.running, before, self._wanted)

    def _forget_staged(self) -> bool:
        """Drop what an arm that came to nothing staged, in a time of its own; False where it may be left still."""
        self._deadline = Deadline.after(self._tools.limits.deadline_s, self._tools.stop)
        if self._look_patiently()[0] is not Seen.NOTHING:
            return True
        drop = " and ".join(f"`{command}`" for command in self._platform.drop())
        self._reason = f"lines that we staged may be left on it, which {drop} there drops; {self._reason}"
        return False

    def _unrecorded(self, error: DiskTrouble) -> Outcome:
        """What becomes of a device where the journal cannot be written any more: nothing further is sent to it."""
        trouble = f"{error.thing}: {error.problem}. {error.remedy}"
        if self._entry.stage in NOT_BEGUN:
            return self._outcome_of(Status.FAILED, f"not begun, nothing was changed: {trouble}")
        if self._entry.stage is Stage.BACKED_UP:
            return self._outcome_of(Status.FAILED, f"nothing was changed; `asty push --resume` settles it: {trouble}")
        told = "its lines were sent and what it made of them could not be recorded; `asty push --resume` settles it"
        return self._outcome_of(Status.UNKNOWN, f"{told}: {trouble}")

    @property
    def _why(self) -> str:
        return "; ".join(filter(None, (self._cut_off, self._reason)))

    def _because(self, reason: str) -> None:
        """The first cause is the one that is told: what failed after it failed because of it."""
        self._reason = self._reason or reason

    def _ask(self, commands: tuple[str, ...]) -> None:
        if commands:
            self._open_session().run(commands)

    def _open_session(self) -> Session:
        if self._session is None:
            raise SessionLost(f"device {self._entry.device}", "the session is closed", "Look at the device.")
        return self._session

    def _open(self) -> Session:
        return self._tools.transport.open(self._endpoint, self._platform, self._deadline)

    def _hang_up(self) -> None:
        if self._session is not None:
            self._session.__exit__(None, None, None)
            self._session = None

    def _record(self, stage: Stage) -> None:
        """Come to `stage`; or to an end, where another run took the device over and closed this one."""
        come = replace(self._entry, stage=stage, reason=self._why if stage in FINAL else "")
        recorded = self._tools.journal.move(come, with_backup=stage is Stage.BACKED_UP)
        self._entry = come
        if not recorded and stage not in FINAL:
            self._reason = "another run took it over meanwhile"
            end = Stage.REFUSED if stage in UNTOUCHED else Stage.UNKNOWN
            self._entry = replace(self._entry, stage=end, reason=self._reason)

    def _outcome(self) -> Outcome:
        status, told = _TOLD[self._entry.stage]
        reason = self._why if self._entry.stage is not Stage.CONFIRMED else ""
        return self._outcome_of(status, ": ".join(filter(None, (told, reason))))

    def _outcome_of(self, status: Status, reason: str) -> Outcome:
        return Outcome(
            subject=self._entry.device,
            status=status,
            reason=reason,
            duration_s=monotonic() - self._began,
            evidence="\n".join(self._entry.diff) if status is Status.CHANGED else "",
        )


_TOLD = {
    Stage.CONFIRMED: (Status.CHANGED, "changed, read back and saved"),
    Stage.REVERTED: (Status.FAILED, "it runs with its old configuration, as read back from it"),
    Stage.REFUSED: (Status.FAILED, "nothing was changed"),
    Stage.UNKNOWN: (
        Status.UNKNOWN,
        "look at the device and push it again; where it has a timer of its own, it went back by itself",
    ),
}
