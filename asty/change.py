"""Cloud and devices as one change: what would be done, its name, and how it differs from what was planned. Pure.

The hash names what is done and what it was decided upon, never when or why: two plans of the same world
for the same city have one name. A plan is kept as JSON and read back whole or not at all.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypedDict

from city.errors import InvalidInput
from city.fingerprint import fingerprint
from infra.plan import StackPlan, StackPlanJson, Step
from network.plan import Kind, PlanEntry, PushPlan, PushPlanJson

_SIGNS = {"create": "+", "update": "~", "resize": "~", "replace": "±", "delete": "-"}
"""By Pulumi's name of the operation; others are shown by that name."""
KINDS = {
    Kind.SAME: "as intended",
    Kind.CHANGE: "to be changed",
    Kind.UNREACHABLE: "out of reach",
    Kind.LEFT_OUT: "left out",
}


class ChangeJson(TypedDict):
    hash: str
    city: str
    stacks: list[StackPlanJson]
    devices: PushPlanJson


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`stacks` in the order in which they are applied; then the devices."""

    city: str
    stacks: tuple[StackPlan, ...]
    devices: PushPlan

    @property
    def hash(self) -> str:
        stacks = [[stack.stack, not stack.unseen, *(s.as_json() for s in stack.steps)] for stack in self.stacks]
        return fingerprint([self.city, stacks, [_decided(entry) for entry in self.devices.entries]])

    @property
    def unseen(self) -> tuple[str, ...]:
        """The stacks and devices that nobody could look at."""
        stacks = (f"stack {stack.stack}" for stack in self.stacks if stack.unseen)
        devices = (f"device {entry.device}" for entry in self.devices.entries if entry.kind is Kind.UNREACHABLE)
        return (*stacks, *devices)

    @property
    def nothing(self) -> bool:
        """Whether all was seen and is as intended: what nobody could look at may need anything."""
        return not any(stack.steps for stack in self.stacks) and not self.devices.changes and not self.unseen

    def as_json(self) -> ChangeJson:
        return {
            "hash": self.hash,
            "city": self.city,
            "stacks": [stack.as_json() for stack in self.stacks],
            "devices": self.devices.as_json(),
        }


def from_json(content: ChangeJson) -> Change:
    """Raises InvalidInput for a content that `as_json` did not give, or that was altered since."""
    try:
        made = Change(
            city=content["city"],
            stacks=tuple(map(StackPlan.from_json, content["stacks"])),
            devices=PushPlan.from_json(content["devices"]),
        )
        kept = content["hash"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("the plan", f"it cannot be read ({error!r})", "Run `asty plan` again.") from error
    if made.hash != kept:
        raise InvalidInput("the plan", "its content does not fit its hash", "Run `asty plan` again.")
    return made


def moved(planned: Change, found: Change) -> list[str]:
    """What is no longer as it was when `planned` was made; empty where it may be applied."""
    lines = [f"the city is {found.city}, not {planned.city}"] if planned.city != found.city else []
    before, now = ({stack.stack: stack for stack in change.stacks} for change in (planned, found))
    for name in sorted({*before, *now}):
        none = StackPlan(stack=name)
        lines += [f"stack {name}: {move}" for move in _moved_stack(before.get(name, none), now.get(name, none))]
    return lines + list(_moved_devices(planned.devices.entries, found.devices.entries))


def _moved_stack(planned: StackPlan, found: StackPlan) -> Iterator[str]:
    if bool(planned.unseen) != bool(found.unseen):
        yield _unseen_now(found) if found.unseen else "it was out of reach, and is within it"
        return
    before, now = frozenset(planned.steps), frozenset(found.steps)
    gone, new = ({step_line(step) for step in steps} for steps in (before - now, now - before))
    yield from (f"to other values now: {step}" for step in sorted(gone & new))
    yield from (f"no longer to do: {step}" for step in sorted(gone - new))
    yield from (f"now also to do: {step}" for step in sorted(new - gone))


def _unseen_now(found: StackPlan) -> str:
    return f"it cannot be planned now: {found.fault}" if found.fault else "it is out of reach now"


def _moved_devices(planned: Iterable[PlanEntry], found: Iterable[PlanEntry]) -> Iterator[str]:
    before, now = ({entry.device: entry for entry in entries} for entries in (planned, found))
    for device in [*before, *(d for d in now if d not in before)]:
        was, is_now = before.get(device), now.get(device)
        if was is None or is_now is None:
            yield f"device {device}: it was {'added' if was is None else 'removed'}"
        elif was.intended != is_now.intended:
            yield f"device {device}: another configuration is intended now"
        elif was.kind is not is_now.kind:
            yield f"device {device}: it was {KINDS[was.kind]}, and is {KINDS[is_now.kind]}"
        elif was.running != is_now.running:
            yield f"device {device}: its running configuration is another"


def _decided(entry: PlanEntry) -> list[str]:
    return [entry.device, entry.kind.value, entry.running, entry.intended]


def step_line(step: Step) -> str:
    """`~ Volume portal-1-data (size)`."""
    properties = f" ({', '.join(step.changed)})" if step.changed else ""
    return f"{_SIGNS.get(step.op, step.op)} {step.subject}{properties}"
