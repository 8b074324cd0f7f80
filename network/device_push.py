"""One device's push, step by step: each stage is on the disk before the step that leaves it begins.

The first session looks, backs up, arms the device's own way back and applies; a second one proves
the result, confirms and saves. Whatever goes wrong after that way back was armed, the device is
looked at: it keeps what it has, goes back and proves it, or a person is asked.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from time import monotonic

from city.disk import DiskTrouble
from city.errors import AstyError, InvalidInput
from city.inventory import Endpoint
from city.outcome import Outcome, Status
from network.at_device import AtDevice, Tools
from network.diff import compare
from network.journal_entry import Entry
from network.patience import open_patiently
from network.reading import read, starts_so
from network.stages import FINAL, NOT_BEGUN, UNTOUCHED, Result, Seen, Stage, advance
from network.transports.base import Rejected, Session
from network.transports.transcript import refusal, remarks, words
from platforms.grammar.secret import revealed

_SAVED = "[OK]"
_LEFT = (
    "What `{}` may have started was left as it is, for it may be somebody else's; "
    "a timer of ours ends by itself within {} s"
)

Step = Callable[[], Result]


class DevicePush:
    """Brings one device to what its journal entry intends; made for one call of `push` or `resume`."""

    def __init__(self, tools: Tools, entry: Entry, endpoint: Endpoint) -> None:
        self._tools, self._at = tools, AtDevice(tools, entry, endpoint)
        self._platform, self._wanted = self._at.platform, self._at.wanted
        self._began = monotonic()
        self._lines: tuple[str, ...] = ()
        self._cut_off = ""
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
            while self._at.entry.stage not in FINAL:
                result = self._steps[self._at.entry.stage]()
                if self._tools.stop.is_set() and result is not Result.DONE:
                    return self._outcome_of(Status.UNKNOWN, "stopped in the middle; `asty push --resume` settles it")
                self._record(advance(self._at.entry.stage, result))
        except DiskTrouble as error:
            return self._unrecorded(error)
        finally:
            self._at.hang_up()
        return self._outcome()

    def resume(self) -> Outcome:
        """Settle what a crash left open: start where nothing had begun; else look, then keep, go back or ask."""
        stage = self._at.entry.stage
        if self._lock() is Result.FAILED:
            self._record(Stage.REFUSED if stage in NOT_BEGUN else Stage.UNKNOWN)
            return self._outcome()
        if stage in NOT_BEGUN:
            self._record(Stage.PLANNED)
            return self.push()
        self._cut_off = f"the push was cut off when it was {stage}"
        self._take_over(stage)
        try:
            result = self._at.settle()
            if result is Result.DONE:
                self._record(Stage.VERIFIED)
                result = self._confirm()
                self._record(advance(Stage.VERIFIED, result))
            else:
                self._record(Stage.REVERTED if result is Result.FAILED else Stage.UNKNOWN)
        except DiskTrouble as error:
            return self._unrecorded(error)
        finally:
            self._at.hang_up()
        return self._outcome()

    def _take_over(self, stage: Stage) -> None:
        """What waits on the device is ours while the timer that we started must still run, and nobody's later."""
        before = self._platform.parse(self._at.entry.backup)
        self._lines = self._at.typed = compare(self._platform, before, self._wanted).lines
        with suppress(InvalidInput):  # then what is staged is not provably ours
            self._at.typed = revealed(self._lines)
        limits, age_s = self._tools.limits, self._tools.journal.age_s(self._at.entry)
        started = (Stage.ARMED, Stage.APPLIED, Stage.VERIFIED)[self._platform.capabilities.candidate :]
        self._at.timer_is_ours = stage in started and age_s < limits.revert_after_s - limits.deadline_s
        self._may_confirm = stage is not Stage.BACKED_UP and age_s <= limits.revert_after_s + limits.deadline_s

    def _lock(self) -> Result:
        self._at.reason = self._tools.journal.lease(self._at.entry, self._tools.limits.lease_s)
        return Result.FAILED if self._at.reason else Result.DONE

    def _back_up(self) -> Result:
        at = self._at
        try:
            at.session = open_patiently(self._tools.transport, at.endpoint, self._platform, at.deadline)
            seen = read(at.session, at.entry.device, self._platform)
        except AstyError as error:
            self._at.because(f"{error.problem}. {error.remedy}")
            return Result.FAILED
        if self._platform.managed(seen.running, self._wanted).digest != self._at.entry.running_digest:
            self._at.because("its configuration changed since the plan; plan again")
            return Result.FAILED
        self._lines = compare(self._platform, seen.running, self._wanted).lines
        self._at.entry = replace(self._at.entry, backup=seen.text)
        return Result.DONE

    def _arm(self) -> Result:
        candidate = self._platform.capabilities.candidate
        try:
            self._at.typed = revealed(self._lines)
        except InvalidInput as error:
            self._at.because(f"{error}")
            return Result.FAILED
        commands = self._platform.arm(self._at.typed, self._tools.limits.revert_after_s)
        try:
            self._at.ask(commands)
        except AstyError as error:
            self._at.because(f"{error.problem}. {error.remedy}")
            if candidate:
                return Result.FAILED if self._at.forget_staged() else Result.UNCERTAIN
            if not isinstance(error, Rejected):
                self._at.reason += f" {_LEFT.format(commands[-1], self._tools.limits.revert_after_s)}"
            return Result.FAILED
        self._at.timer_is_ours = not candidate
        return Result.DONE

    def _apply(self) -> Result:
        commands = self._platform.apply(self._at.typed, self._tools.limits.revert_after_s)
        try:
            said = self._at.open_session().tell(commands)
        except AstyError as error:
            self._at.because(error.problem)
            return self._at.settle()
        found = remarks(commands, said, self._platform)
        self._at.remark = found[0] if found else ""
        self._at.timer_is_ours |= not any(refusal(answer, self._platform) for answer in said)
        return Result.DONE

    def _verify(self) -> Result:
        """Over a new session: one that the change cut off would still answer on the old one."""
        return self._at.settle()

    def _confirm(self) -> Result:
        try:
            self._keep()
        except AstyError as error:
            self._at.because(f"confirming it: {error.problem}")
            return self._confirm_again()
        return Result.DONE

    def _confirm_again(self) -> Result:
        """Confirming and saving are safe to repeat on a device that still shows what was intended."""
        result = self._at.settle()
        if result is not Result.DONE:
            return result
        try:
            self._keep()
        except AstyError as error:
            self._at.reason = f"it runs as intended and could not be made to keep it: {error.problem}"
            return Result.UNCERTAIN
        return Result.DONE

    def _keep(self) -> None:
        """Confirm, save, and read back that it starts so too. Raises what the session does."""
        session = self._at.session or self._at.open()
        self._at.session = session
        if self._may_confirm:
            self._confirm_once(session)
        saved = session.run(self._platform.save())
        if saved and _SAVED not in saved[-1]:
            problem = f"it did not save: {words('', saved[-1])!r}"
            raise Rejected(f"device {self._at.entry.device}", problem, "See its storage.")
        if not starts_so(session, self._platform, self._wanted, self._at.now):
            raise Rejected(f"device {self._at.entry.device}", "it saved something else", "See its storage.")

    def _confirm_once(self, session: Session) -> None:
        try:
            session.run(self._platform.confirm())
        except Rejected:
            # Nothing waits for a confirmation: confirmed before a crash, or gone back meanwhile.
            if self._at.seen(read(session, self._at.entry.device, self._platform)) is not Seen.INTENDED:
                raise

    def _unrecorded(self, error: DiskTrouble) -> Outcome:
        """What becomes of a device where the journal cannot be written any more: nothing further is sent to it."""
        trouble = f"{error.thing}: {error.problem}. {error.remedy}"
        if self._at.entry.stage in NOT_BEGUN:
            return self._outcome_of(Status.FAILED, f"not begun, nothing was changed: {trouble}")
        if self._at.entry.stage is Stage.BACKED_UP:
            return self._outcome_of(Status.FAILED, f"nothing was changed; `asty push --resume` settles it: {trouble}")
        told = "its lines were sent and what it made of them could not be recorded; `asty push --resume` settles it"
        return self._outcome_of(Status.UNKNOWN, f"{told}: {trouble}")

    @property
    def _why(self) -> str:
        return "; ".join(filter(None, (self._cut_off, self._at.reason)))

    def _record(self, stage: Stage) -> None:
        """Come to `stage`; or to an end, where another run took the device over and closed this one."""
        come = replace(self._at.entry, stage=stage, reason=self._why if stage in FINAL else "")
        recorded = self._tools.journal.move(come, with_backup=stage is Stage.BACKED_UP)
        self._at.entry = come
        if not recorded and stage not in FINAL:
            self._at.reason = "another run took it over meanwhile"
            end = Stage.REFUSED if stage in UNTOUCHED else Stage.UNKNOWN
            self._at.entry = replace(self._at.entry, stage=end, reason=self._at.reason)

    def _outcome(self) -> Outcome:
        status, told = _TOLD[self._at.entry.stage]
        reason = self._why if self._at.entry.stage is not Stage.CONFIRMED else ""
        return self._outcome_of(status, ": ".join(filter(None, (told, reason))))

    def _outcome_of(self, status: Status, reason: str) -> Outcome:
        return Outcome(
            subject=self._at.entry.device,
            status=status,
            reason=reason,
            duration_s=monotonic() - self._began,
            evidence="\n".join(self._at.entry.diff) if status is Status.CHANGED else "",
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
