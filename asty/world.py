"""The real clouds and devices of a workspace, behind the Protocols of asty.planning."""

from collections.abc import Callable
from dataclasses import dataclass

from asty import sites
from asty.planning import World
from asty.screen import Report, Screen
from asty.workspace import Workspace
from city.clock import SystemClock
from city.inventory import Inventory
from city.model.city import City
from city.outcome import Outcome
from infra import automation
from infra.plan import StackPlan
from infra.project import Project
from infra.stacks import Stack, stacks
from network import push
from network.journal import Journal
from network.plan import PushPlan, plan
from network.transports.netmiko import NetmikoTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class PulumiClouds:
    """The stacks as Pulumi runs them."""

    project: Project
    stacks: tuple[Stack, ...]

    def preview(self, stack: Stack, report: Report) -> StackPlan:
        automation.prepare(stack, self.project)
        return automation.preview(stack, self.project, report=report)

    def up(self, stack: Stack, report: Report) -> list[Outcome]:
        """With refresh, so that what went missing in the cloud is made again, as the preview said."""
        return automation.up(stack, self.project, report, refresh=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetDevices:
    """The devices as their command lines show and take them."""

    city: City
    inventory: Inventory
    journal: Journal
    screen: Screen

    def plan(self) -> PushPlan:
        with self.screen.counting("looking at devices", len(self.city.devices)) as advance:
            return plan(
                self.city,
                self.city.devices,
                self.inventory,
                transport=NetmikoTransport(),
                on_outcome=lambda outcome: advance(outcome.subject),
            )

    def push(self, plan: PushPlan, on_outcome: Callable[[Outcome], None]) -> tuple[Outcome, ...]:
        with self.screen.counting("pushing", len(plan.entries)) as advance:

            def told(outcome: Outcome) -> None:
                advance(outcome.subject)
                on_outcome(outcome)

            return push.push(plan, self.inventory, transport=NetmikoTransport(), journal=self.journal, on_outcome=told)


def world(workspace: Workspace, city: City, screen: Screen) -> World:
    """Both, of this workspace. Raises where the lab was never up or Pulumi cannot be had."""
    return World(
        city=city.id,
        clouds=PulumiClouds(project=sites.project(workspace, screen.line), stacks=stacks(city)),
        devices=StreetDevices(
            city=city,
            inventory=sites.inventory(workspace, city),
            journal=Journal(workspace.journal, SystemClock()),
            screen=screen,
        ),
    )
