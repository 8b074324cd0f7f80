"""Clouds and devices that end as a test says, behind the Protocols of asty.looking."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from asty.looking import World
from asty.screen import Report
from city.model.places import SiteRole
from city.outcome import Outcome, Status
from infra.plan import StackPlan, Step
from infra.stacks import Program, Stack
from network.plan import Kind, PlanEntry, PushPlan


def stack(program: Program, role: SiteRole) -> Stack:
    name = f"lab-{'workloads-' if program is Program.WORKLOADS else ''}{role}"
    return Stack(
        name=name,
        program=program,
        role=role,
        site=role.value,
        region="R",
        cloud=role.value,
        first=role is SiteRole.RECOVERY,
    )


STACKS = tuple(stack(program, role) for program in Program for role in (SiteRole.DATACENTRE, SiteRole.RECOVERY))
NEW = Step(urn="urn:pulumi:s::asty::openstack:networking/network:Network::iot", op="create", type="Network")


def entry(device: str, kind: Kind = Kind.CHANGE) -> PlanEntry:
    return PlanEntry(device=device, platform="street-ap", kind=kind, intended="ntp", running="aa")


@dataclass(slots=True, kw_only=True)
class FakeClouds:
    """Stacks that need `steps`, and end as `ends` says: with these statuses, or this error.

    Those of `away` are out of reach. `held` is what each was held to, `seen_through` the
    stack whose plan each was previewed upon. `meanwhile` is called when one comes up, as
    somebody who works beside us.
    """

    steps: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    away: tuple[str, ...] = ()
    ends: Mapping[str, Status | Exception] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    seen_through: dict[str, str] = field(default_factory=dict)
    unchanged: int = 1
    kept: int = 0
    held: list[StackPlan] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    stacks: tuple[Stack, ...] = STACKS

    def preview(self, stack: Stack, report: Report, beneath: StackPlan | None = None) -> StackPlan:
        report(f"previewing {stack.name}")
        self.seen_through[stack.name] = beneath.stack if beneath else ""
        if isinstance(self.ends.get(f"preview {stack.name}"), Exception):
            raise self.ends[f"preview {stack.name}"]  # type: ignore[misc]  # an exception, as the line above says
        if stack.name in self.away:
            return StackPlan(stack=stack.name, unreachable="nothing listens there")
        return StackPlan(stack=stack.name, steps=self.steps.get(stack.name, ()), unchanged=self.unchanged)

    def up(self, stack: Stack, planned: StackPlan, report: Report) -> list[Outcome]:
        report(f"{stack.name}: up")
        self.meanwhile()
        self.done.append(stack.name)
        self.held.append(planned)
        end = self.ends.get(stack.name, Status.CHANGED)
        if isinstance(end, Exception):
            raise end
        return [Outcome(subject=f"{stack.name}: Network iot", status=end)]

    def keep(self) -> list[Outcome]:
        self.kept += 1
        return []


@dataclass(slots=True, kw_only=True)
class FakeDevices:
    entries: tuple[PlanEntry, ...] = ()
    pushed: list[PushPlan] = field(default_factory=list)

    def plan(self) -> PushPlan:
        return PushPlan(city="example", entries=self.entries)

    def push(self, plan: PushPlan) -> tuple[Outcome, ...]:
        self.pushed.append(plan)
        return tuple(Outcome(subject=entry.device, status=Status.CHANGED) for entry in plan.entries)


def world(clouds: FakeClouds | None = None, devices: FakeDevices | None = None) -> World:
    return World(city="example", clouds=clouds or FakeClouds(), devices=devices or FakeDevices())
