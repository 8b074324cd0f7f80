"""Cloud and devices as one change: what would be done, its name, and how it differs from what was planned. Pure.

The hash names what is done and what it was decided upon, never when or why: two plans of the same world
for the same city have one name. A plan is kept as JSON and read back whole or not at all.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypedDict

from city.errors import InvalidInput
from city.fingerprint import fingerprint
from infra.plan import StackPlan, Step
from network.plan import Kind, PlanEntry, PushPlan, PushPlanJson

_NUMBER = re.compile(r"\d[\d.]*")
_OWN = "…"
_SHOWN = 8
"""Names listed of a group before the rest is only counted."""


_SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "-"}
"""By Pulumi's name of the operation; others are shown by that name."""


class StepJson(TypedDict):
    urn: str
    op: str
    type: str
    changed: list[str]


class StackJson(TypedDict):
    stack: str
    steps: list[StepJson]
    unchanged: int


class ChangeJson(TypedDict):
    hash: str
    city: str
    stacks: list[StackJson]
    devices: PushPlanJson


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`stacks` in the order in which they are applied; then the devices."""

    city: str
    stacks: tuple[StackPlan, ...]
    devices: PushPlan

    @property
    def hash(self) -> str:
        stacks = [[s.stack, *([step.urn, step.op, *step.changed] for step in s.steps)] for s in self.stacks]
        return fingerprint([self.city, stacks, [_decided(entry) for entry in self.devices.entries]])

    @property
    def nothing(self) -> bool:
        return not any(stack.steps for stack in self.stacks) and not self.devices.changes

    def as_json(self) -> ChangeJson:
        return {
            "hash": self.hash,
            "city": self.city,
            "stacks": list(map(_stack_json, self.stacks)),
            "devices": self.devices.as_json(),
        }


def from_json(content: ChangeJson) -> Change:
    """Raises InvalidInput for a content that `as_json` did not give, or that was altered since."""
    try:
        made = Change(
            city=content["city"],
            stacks=tuple(map(_stack, content["stacks"])),
            devices=PushPlan.from_json(content["devices"]),
        )
        kept = content["hash"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("the plan", f"it cannot be read ({error!r})", "Run `asty plan` again.") from error
    if made.hash != kept:
        raise InvalidInput("the plan", "its content does not fit its hash", "Run `asty plan` again.")
    return made


def tree(change: Change) -> Iterator[str]:
    """The change as a person reads it: each stack's resources, then devices by what becomes of them."""
    yield f"plan {change.hash[:12]} for {change.city}"
    for stack in change.stacks:
        told = ", ".join(f"{count} to {op}" for op, count in stack.counts.items()) or "no change"
        yield f"  stack {stack.stack}: {told}, {stack.unchanged} stay"
        yield from (f"    {_told(step)}" for step in stack.steps)
    yield from (f"  {line}" for line in device_tree(change.devices))


def moved(planned: Change, found: Change) -> list[str]:
    """What is no longer as it was when `planned` was made; empty where it may be applied."""
    lines = [f"the city is {found.city}, not {planned.city}"] if planned.city != found.city else []
    before = {stack.stack: frozenset(stack.steps) for stack in planned.stacks}
    now = {stack.stack: frozenset(stack.steps) for stack in found.stacks}
    for stack in sorted({*before, *now}):
        was, is_now = before.get(stack, frozenset()), now.get(stack, frozenset())
        lines += [f"stack {stack}: no longer to do: {_told(step)}" for step in sorted(was - is_now)]
        lines += [f"stack {stack}: now also to do: {_told(step)}" for step in sorted(is_now - was)]
    return lines + list(_moved_devices(planned.devices.entries, found.devices.entries))


def _moved_devices(planned: Iterable[PlanEntry], found: Iterable[PlanEntry]) -> Iterator[str]:
    before, now = ({entry.device: entry for entry in entries} for entries in (planned, found))
    for device in [*before, *(d for d in now if d not in before)]:
        was, is_now = before.get(device), now.get(device)
        if was is None or is_now is None:
            yield f"device {device}: it was {'added' if was is None else 'removed'}"
        elif was.intended != is_now.intended:
            yield f"device {device}: another configuration is intended now"
        elif was.kind is not is_now.kind:
            yield f"device {device}: it was {_KINDS[was.kind]}, and is {_KINDS[is_now.kind]}"
        elif was.running != is_now.running:
            yield f"device {device}: its running configuration is another"


_KINDS = {Kind.SAME: "as intended", Kind.CHANGE: "to be changed", Kind.UNREACHABLE: "out of reach"}


def _decided(entry: PlanEntry) -> list[str]:
    return [entry.device, entry.kind.value, entry.running, entry.intended]


def device_tree(plan: PushPlan) -> Iterator[str]:
    """Devices by what becomes of them, those with the same change together."""
    counts = Counter(entry.kind for entry in plan.entries)
    told = ", ".join(f"{counts[kind]} {_KINDS[kind]}" for kind in Kind if counts[kind]) or "none"
    yield f"devices: {told}"
    for diff, devices in _alike(plan.entries).items():
        yield f"  {_names(devices)}"
        yield from (f"    {line}" for line in diff)
    for entry in plan.entries:
        if entry.kind is Kind.UNREACHABLE:
            yield f"  ? {entry.device}: {entry.reason}"


def _alike(entries: Iterable[PlanEntry]) -> Mapping[tuple[str, ...], list[str]]:
    """Devices to be changed, by their change; what is each one's own (its name, its numbers) is shown as `…`."""
    groups: dict[tuple[str, ...], list[PlanEntry]] = {}
    for entry in entries:
        if entry.kind is Kind.CHANGE:
            groups.setdefault(_shape(entry), []).append(entry)
    return {_common(shape, alike): [entry.device for entry in alike] for shape, alike in groups.items()}


def _shape(entry: PlanEntry) -> tuple[str, ...]:
    return tuple(_NUMBER.sub(_OWN, line.replace(entry.device, _OWN)) for line in entry.diff)


def _common(shape: tuple[str, ...], alike: list[PlanEntry]) -> tuple[str, ...]:
    """Each line as all of them have it, else its shape."""
    columns = zip(shape, *(entry.diff for entry in alike), strict=True)
    return tuple(lines[0] if len(set(lines)) == 1 else general for general, *lines in columns)


def _names(devices: list[str]) -> str:
    rest = len(devices) - _SHOWN
    return f"{len(devices)} alike: {', '.join(devices[:_SHOWN])}{f' and {rest} more' if rest > 0 else ''}"


def _told(step: Step) -> str:
    properties = f" ({', '.join(step.changed)})" if step.changed else ""
    return f"{_SIGNS.get(step.op, step.op)} {step.subject}{properties}"


def _stack_json(plan: StackPlan) -> StackJson:
    steps: list[StepJson] = [
        {"urn": step.urn, "op": step.op, "type": step.type, "changed": list(step.changed)} for step in plan.steps
    ]
    return {"stack": plan.stack, "steps": steps, "unchanged": plan.unchanged}


def _stack(content: StackJson) -> StackPlan:
    steps = tuple(
        Step(urn=step["urn"], op=step["op"], type=step["type"], changed=tuple(step["changed"]))
        for step in content["steps"]
    )
    return StackPlan(stack=content["stack"], steps=steps, unchanged=int(content["unchanged"]))
