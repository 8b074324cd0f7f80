"""One device's push, step by step: each stage is on the disk before the step that leaves it begins.

The first session looks, backs up, arms the device's own way back and applies; a second one proves
the result, confirms and saves. Whatever goes wrong after that way back was armed, the device is
looked at: it keeps what it has, goes back and proves it, or a person is asked.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic, sleep

from city.errors import AstyError
from city.inventory import Endpoint
from city.outcome import Outcome, Status
from network.diff import compare
from network.journal import Entry, Journal
from network.limits import Limits
from network.look import Look, look, recognise, starts_so
from network.stages import FINAL, NOT_BEGUN, UNTOUCHED, Next, Result, Seen, Stage, advance, settle
from network.transports.base import Deadline, Rejected, Session, SessionLost, Transport, Unreachable
from platforms.grammar.configuration import Configuration
from platforms.grammar.secret import revealed
from platforms.registry import grammar

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0
_SAVED = "[OK]"

Step = Callable[[], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every device's push of a run shares."""

    transport: Transport
    journal: Journal
    limits: Limits


class DevicePush:
    """Brings one device to what its journal entry intends; made for one call of `push` or `resume`."""

    def __init__(self, tools: Tools, entry: Entry, endpoint: Endpoint) -> None:
        self._tools, self._entry, self._endpoint = tools, entry, endpoint
        self._platform = grammar(entry.platform)
        self._wanted = self._platform.parse(entry.intended)
        self._deadline = Deadline.after(tools.limits.deadline_s)
        self._began = monotonic()
        self._session: Session | None = None
        self._lines: tuple[str, ...] = ()
        self._reason = ""
        self._steps: dict[Stage, Step] = {
            Stage.PLANNED: self._lock,
            Stage.LOCKED: self._back_up,
            Stage.BACKED_UP: self._arm,
            Stage.ARMED: self._apply,
            Stage.APPLIED: self._verify,
            Stage.VERIFIED: self._confirm,
        }

    def push(self) -> Outcome:
        """Walk from the entry's stage to a final one. Raises nothing: what went wrong is in the outcome."""
        try:
            while self._entry.stage not in FINAL:
                result = self._steps[self._entry.stage]()
                self._record(advance(self._entry.stage, result))
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
        self._reason = f"the push was cut off when it was {stage}"
        try:
            result = self._settle()
            if result is Result.DONE:
                self._record(Stage.VERIFIED)
                result = self._confirm()
                self._record(advance(Stage.VERIFIED, result))
            else:
                self._record(Stage.REVERTED if result is Result.FAILED else Stage.UNKNOWN)
        finally:
            self._hang_up()
        return self._outcome()

    def _lock(self) -> Result:
        self._reason = self._tools.journal.lease(self._entry, self._tools.limits.lease_s)
        return Result.FAILED if self._reason else Result.DONE

    def _back_up(self) -> Result:
        try:
            self._session = self._open()
            seen = look(self._session, self._entry.device, self._platform)
        except AstyError as error:
            self._reason = f"{error.problem}. {error.remedy}"
            return Result.FAILED
        if seen.running.digest != self._entry.running_digest:
            self._reason = "its configuration changed since the plan; plan again"
            return Result.FAILED
        self._lines = compare(self._platform, seen.running, self._wanted).lines
        self._entry = replace(self._entry, backup=seen.text)
        return Result.DONE

    def _arm(self) -> Result:
        try:
            self._ask(self._platform.arm(revealed(self._lines), self._tools.limits.revert_after_s))
        except AstyError as error:
            self._reason = f"{error.problem}. {error.remedy}"
            # A timer that was refused to us is somebody else's; lines that were staged are ours.
            ours = not isinstance(error, Rejected) or self._platform.capabilities.candidate
            return Result.FAILED if not ours or self._forget_armed() else Result.UNCERTAIN
        return Result.DONE

    def _apply(self) -> Result:
        try:
            self._ask(self._platform.apply(revealed(self._lines), self._tools.limits.revert_after_s))
        except AstyError as error:
            self._reason = error.problem
            return self._settle()
        return Result.DONE

    def _verify(self) -> Result:
        """Over a new session: one that the change cut off would still answer on the old one."""
        return self._settle()

    def _confirm(self) -> Result:
        try:
            self._keep()
        except AstyError as error:
            self._reason = f"confirming it: {error.problem}"
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
        try:
            session.run(self._platform.confirm())
        except Rejected:
            # Nothing waits for a confirmation: confirmed before a crash, or gone back meanwhile.
            if self._seen(look(session, self._entry.device, self._platform)) is not Seen.INTENDED:
                raise
        saved = session.run(self._platform.save())
        if saved and _SAVED not in saved[-1]:
            raise Rejected(f"device {self._entry.device}", f"it did not save: {saved[-1]!r}", "See its storage.")
        if not starts_so(session, self._platform, self._wanted):
            raise Rejected(f"device {self._entry.device}", "it saved something else", "See its storage.")

    def _settle(self) -> Result:
        """Look until the device was seen, and act on it.

        DONE: it shows what was intended; FAILED: what it was before; UNCERTAIN: neither, or nothing.
        """
        went_back = False
        while True:
            seen, now = self._look_patiently()
            match settle(self._entry.stage, seen, went_back=went_back):
                case Next.KEEP:
                    return Result.DONE
                case Next.CLOSE_REVERTED:
                    self._go_back(now)
                    return Result.FAILED
                case Next.GO_BACK:
                    self._go_back(now)
                    went_back = True
                case _:
                    return Result.UNCERTAIN

    def _go_back(self, now: Configuration | None) -> None:
        """Ask the device to go back; whether it did is seen by the next look, not by what it answers here."""
        if now is None or self._session is None:
            return
        before = self._platform.managed(self._platform.parse(self._entry.backup), self._wanted)
        inverse = self._platform.remedy(self._platform.managed(now, self._wanted), before)
        if not inverse and not self._platform.capabilities.timed_revert:
            return
        try:
            self._session.run(self._platform.revert(inverse))
        except (Rejected, SessionLost) as error:
            self._reason = self._reason or error.problem

    def _look_patiently(self) -> tuple[Seen, Configuration | None]:
        """A look over a new session, again and again until the deadline while the device cannot be reached."""
        pause = _FIRST_PAUSE_S
        while True:
            self._hang_up()
            try:
                self._session = self._open()
                if self._platform.capabilities.candidate:
                    # Staged lines are ours by now: the apply that should have taken them never arrived.
                    self._session.run(self._platform.drop())
                found = look(self._session, self._entry.device, self._platform)
            except (Unreachable, SessionLost) as error:
                self._reason = self._reason or error.problem
            except AstyError as error:
                self._reason = self._reason or error.problem
                return Seen.NOTHING, None
            else:
                return self._seen(found), found.running
            if self._deadline.over:
                return Seen.NOTHING, None
            sleep(min(pause, self._deadline.left))
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _seen(self, found: Look) -> Seen:
        before = self._platform.parse(self._entry.backup)
        return recognise(self._platform, found.running, before, self._wanted)

    def _forget_armed(self) -> bool:
        """Drop what an arm that came to nothing may have left, in a time of its own; False where it may be left still.

        A timer that it started ends by itself where it cannot be ended.
        """
        drop = self._platform.drop()
        if self._platform.capabilities.candidate:
            self._deadline = Deadline.after(self._tools.limits.deadline_s)
            if self._look_patiently()[0] is not Seen.NOTHING:
                return True
            self._reason = f"lines that we staged may be left on it, which `{drop[0]}` there drops; {self._reason}"
            return False
        self._hang_up()
        if drop:
            with suppress(AstyError), self._open() as session:
                session.run(drop)
        return True

    def _ask(self, commands: tuple[str, ...]) -> None:
        if self._session is None:
            raise SessionLost(f"device {self._entry.device}", "the session is closed", "Look at the device.")
        if commands:
            self._session.run(commands)

    def _open(self) -> Session:
        return self._tools.transport.open(self._endpoint, self._platform, self._deadline)

    def _hang_up(self) -> None:
        if self._session is not None:
            self._session.__exit__(None, None, None)
            self._session = None

    def _record(self, stage: Stage) -> None:
        """Come to `stage`; or to an end, where another run took the device over and closed this one."""
        self._entry = replace(self._entry, stage=stage, reason=self._reason if stage in FINAL else "")
        recorded = self._tools.journal.move(self._entry, with_backup=stage is Stage.BACKED_UP)
        if not recorded and stage not in FINAL:
            self._reason = "another run took it over meanwhile"
            end = Stage.REFUSED if stage in UNTOUCHED else Stage.UNKNOWN
            self._entry = replace(self._entry, stage=end, reason=self._reason)

    def _outcome(self) -> Outcome:
        status, told = _TOLD[self._entry.stage]
        reason = self._reason if self._entry.stage is not Stage.CONFIRMED else ""
        return Outcome(
            subject=self._entry.device,
            status=status,
            reason=": ".join(filter(None, (told, reason))),
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
