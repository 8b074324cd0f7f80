"""A change as a person reads it: every stack's steps, and devices with the same change told once. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from asty.change import KINDS, Change, step_line
from infra.plan import StackPlan
from network.plan import Kind, PlanEntry, PushPlan

_NUMBER = re.compile(r"\d[\d./,]*")
_OWN = "…"
_SHOWN = 8
"""Names listed of a group before the rest is only counted."""

Section = tuple[str, ...]
"""Lines of a difference that belong together: those outside sections, or a section with its header."""
Folded = dict[Section, list[Section]]
"""A device's sections by their shape."""


def tree(change: Change) -> Iterator[str]:
    """The change as a person reads it: each stack's resources, then devices by what becomes of them."""
    yield f"plan {change.hash[:12]} for {change.city}"
    for stack in change.stacks:
        yield from (f"  {line}" for line in _stack_tree(stack))
    yield from (f"  {line}" for line in device_tree(change.devices))


def _stack_tree(stack: StackPlan) -> Iterator[str]:
    if stack.unseen:
        yield f"stack {stack.stack}: {'it cannot be planned' if stack.fault else 'out of reach'}"
        yield f"  ? {stack.unseen}"
        return
    counts = ", ".join(f"{count} to {op}" for op, count in stack.counts.items()) or "no change"
    yield f"stack {stack.stack}: {counts}, {stack.unchanged} stay"
    yield from (f"  {step_line(step)}" for step in stack.steps)
    yield from (f"  ! {note}" for note in stack.notes)


def device_tree(plan: PushPlan) -> Iterator[str]:
    """Devices by what becomes of them, those with the same change together; of a single one every value is shown."""
    counts = Counter(entry.kind for entry in plan.entries)
    counted = ", ".join(f"{counts[kind]} {KINDS[kind]}" for kind in Kind if counts[kind]) or "none"
    yield f"devices: {counted}"
    for diff, devices in _alike(plan.entries).items():
        yield f"  {_names(devices)}"
        yield from (f"    {line}" for line in diff)
    if len(plan.entries) == 1 and plan.entries[0].kind is Kind.SAME:
        yield from (f"    {line}" for line in plan.entries[0].diff)
    for entry in plan.entries:
        if entry.kind in {Kind.UNREACHABLE, Kind.LEFT_OUT}:
            yield f"  ? {entry.device}: {entry.reason}"


def _alike(entries: Sequence[PlanEntry]) -> Mapping[tuple[str, ...], list[str]]:
    """Devices to be changed, by their change; what is each one's own (its name, its numbers) is shown as `…`."""
    groups: dict[tuple[Section, ...], list[tuple[str, Folded]]] = {}
    for entry in entries:
        if entry.kind is Kind.CHANGE:
            folded = _folded(entry)
            groups.setdefault(tuple(folded), []).append((entry.device, folded))
    if sum(map(len, groups.values())) == 1:
        return {entry.diff: [entry.device] for entry in entries if entry.kind is Kind.CHANGE}
    return {
        _common(shape, [folded for _, folded in found]): [device for device, _ in found]
        for shape, found in groups.items()
    }


def _folded(entry: PlanEntry) -> Folded:
    """The sections of a device's difference by their shape: the ports of a switch are one, so many times."""
    sections: list[list[str]] = [[]]
    for line in entry.diff:
        if not line.startswith(("+", "-")):
            sections.append([])
        sections[-1].append(line)
    folded: Folded = {}
    for section in filter(None, sections):
        shape = tuple(_NUMBER.sub(_OWN, line.replace(entry.device, _OWN)) for line in section)
        folded.setdefault(shape, []).append(tuple(section))
    return folded


def _common(shape: Iterable[Section], devices: list[Folded]) -> Section:
    """Each line as all of them have it, else its shape; a section that a device has several times says so."""
    shown: list[str] = []
    for general in shape:
        columns = zip(general, *(section for folded in devices for section in folded[general]), strict=True)
        first, *rest = [own[0] if len(set(own)) == 1 else line for line, *own in columns]
        shown += [first + _times([len(folded[general]) for folded in devices]), *rest]
    return tuple(shown)


def _times(counts: list[int]) -> str:
    fewest, most = min(counts), max(counts)
    if most == 1:
        return ""
    return f" ({most} alike)" if fewest == most else f" ({fewest} to {most} alike)"


def _names(devices: list[str]) -> str:
    rest = len(devices) - _SHOWN
    return f"{len(devices)} alike: {', '.join(devices[:_SHOWN])}{f' and {rest} more' if rest > 0 else ''}"
