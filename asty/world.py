"""The real clouds and devices of a workspace, behind the Protocols of asty.looking."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from asty import lab_access
from asty.looking import World
from asty.screen import Report, Screen
from asty.workspace import Workspace
from city.clock import SystemClock
from city.errors import AstyError, ExitCode, Refused
from city.inventory import Inventory
from city.model.changes import Changes
from city.model.city import City, Device
from city.outcome import Outcome, Status, exit_code
from infra import automation, copies, rolling
from infra.plan import StackPlan
from infra.preparing import prepare
from infra.project import Project
from infra.reach import Unreachable, connection
from infra.stacks import Stack, stacks
from network import push
from network.journal import Journal
from network.limits import Limits
from network.plan import PushPlan, plan
from network.selection import select
from network.transports.netmiko import NetmikoTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class PulumiClouds:
    """The stacks as Pulumi runs them."""

    project: Project
    stacks: tuple[Stack, ...]
    changes: Changes = field(default_factory=Changes)

    def preview(self, stack: Stack, report: Report, beneath: StackPlan | None = None) -> StackPlan:
        try:
            return automation.foresee(stack, self.project, beneath, report)
        except Unreachable as silence:
            return StackPlan(stack=stack.name, unreachable=f"{silence.problem}. {silence.remedy}")

    def up(self, stack: Stack, planned: StackPlan, report: Report) -> list[Outcome]:
        """Exactly what was planned, or nothing: what the stack beneath turned out to be may ask for more.

        With refresh, so that what went missing in the cloud is made again, as the preview said.
        """
        prepare(stack, self.project, report)
        beyond = planned.beyond(automation.preview(stack, self.project, report=report))
        if beyond:
            told = ", ".join(f"{step.op} {step.subject}" for step in beyond)
            raise Refused(f"stack {stack.name}", f"it would do more than was planned: {told}", "Plan again.")
        done = self._in_turns(stack, planned, report)
        if exit_code(done) is ExitCode.DONE:
            done += automation.up(stack, self.project, report, refresh=True, planned=planned)
        return [*done, *self._keep(stack)]

    def keep(self) -> list[Outcome]:
        return [outcome for stack in self.stacks for outcome in self._keep(stack)]

    def _keep(self, stack: Stack) -> Iterator[Outcome]:
        """Also after a run that failed: what it made is in that state alone."""
        try:
            copies.keep(stack, self.project)
        except (AstyError, OSError) as error:
            reason = f"{error.problem}. {error.remedy}" if isinstance(error, AstyError) else str(error)
            yield Outcome(subject=f"copy of the state of {stack.name}", status=Status.FAILED, reason=reason)

    def _in_turns(self, stack: Stack, planned: StackPlan, report: Report) -> list[Outcome]:
        """Servers whose work is interrupted, member after member; ends at the first that does not come back."""
        done: list[Outcome] = []
        for turn in rolling.turns(planned):
            done += automation.up(stack, self.project, report, refresh=True, planned=planned, targets=turn.urns)
            if exit_code(done) is not ExitCode.DONE:
                break
            within_s = self.changes.health_within.total_seconds()
            with connection(stack, self.project.clouds) as cloud:
                wrong = rolling.await_health(partial(rolling.unwell, cloud, turn.members), within_s)
            if wrong:
                reason = f"{wrong}; the members after it were left as they are"
                return [*done, Outcome(subject=f"stack {stack.name}", status=Status.FAILED, reason=reason)]
        return done


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetDevices:
    """Some of the city's devices, as their command lines show and take them."""

    city: City
    chosen: tuple[Device, ...]
    inventory: Inventory
    journal: Journal
    screen: Screen
    limits: Limits = field(default_factory=Limits)

    def plan(self) -> PushPlan:
        with self.screen.counting("looking at devices", len(self.chosen)) as advance:
            return plan(
                self.city,
                self.chosen,
                self.inventory,
                transport=NetmikoTransport(),
                limits=self.limits,
                on_outcome=lambda outcome: advance(outcome.subject),
            )

    def push(self, plan: PushPlan) -> tuple[Outcome, ...]:
        with self.screen.counting("pushing", len(plan.entries)) as advance:
            return push.push(
                plan,
                self.inventory,
                transport=NetmikoTransport(),
                journal=self.journal,
                limits=self.limits,
                on_outcome=lambda outcome: advance(outcome.subject),
            )

    def resume(self) -> tuple[Outcome, ...]:
        """Settle what pushes that were cut off left in the middle, whichever devices they are."""
        with self.screen.counting("settling", len(self.journal.unfinished())) as advance:
            return push.resume(
                self.journal,
                self.inventory,
                transport=NetmikoTransport(),
                limits=self.limits,
                on_outcome=lambda outcome: advance(outcome.subject),
            )


def devices(  # noqa: PLR0913 - whom, through what, and how far
    workspace: Workspace,
    city: City,
    screen: Screen,
    selection: Sequence[str] = (),
    limits: Limits | None = None,
    *,
    without: Collection[str] = (),
) -> StreetDevices:
    """Those of the selection, all where none is given, less those `without` that nobody can reach here.

    Raises where nobody fits, or the lab was never up.
    """
    return StreetDevices(
        city=city,
        chosen=tuple(device for device in select(city, selection) if device.id not in without),
        inventory=lab_access.inventory(workspace, city),
        journal=Journal(workspace.journal, SystemClock()),
        screen=screen,
        limits=limits or Limits(),
    )


def world(
    workspace: Workspace, city: City, screen: Screen, project: Project, *, without: Collection[str] = ()
) -> World:
    """Both, of this workspace; devices `without` that nobody can reach here. Raises where the lab was never up."""
    return World(
        city=city.id,
        clouds=PulumiClouds(project=project, stacks=stacks(city), changes=city.changes),
        devices=devices(workspace, city, screen, without=without),
    )
