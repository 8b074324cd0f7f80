"""What a Pulumi run would do or did, as values: steps of a plan, outcomes of a run. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

from city.outcome import Outcome, Status

SAME = frozenset({"same", "refresh", "read"})
_REPLACING = frozenset({"replace", "create-replacement", "delete-replaced"})
_SERVER = "openstack:compute/instance:Instance"
_WIPING = frozenset({"imageId", "imageName", "blockDevices", "userData"})
_RESIZING = frozenset({"flavorId", "flavorName"})
_LESS_THAN_PLANNED = frozenset({("replace", "update"), ("replace", "resize"), ("resize", "update")})
_COLOUR = re.compile(r"<\{%[^%]*%\}>")
STACK_TYPE = "pulumi:pulumi:Stack"
UNKNOWN_MARK = "?"
NOT_YET_KNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What Pulumi's engine writes for a value that a preview cannot know (sdk/go/common/resource/plugin)."""


class StepJson(TypedDict):
    urn: str
    op: str
    type: str
    changed: list[str]
    inputs: str


class StackPlanJson(TypedDict):
    stack: str
    steps: list[StepJson]
    unchanged: int
    unreachable: str
    fault: str
    needs_person: bool
    notes: list[str]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Step:
    """One change to one resource. `changed` names properties, never their values: some are secrets.

    `inputs` is the digest of all that the resource is to have, so that two steps to different values differ. It begins
    with `?` where some of it is not known before the run.
    """

    urn: str
    op: str
    type: str
    changed: tuple[str, ...] = ()
    inputs: str = ""

    @property
    def subject(self) -> str:
        return subject(self.urn)

    def as_json(self) -> StepJson:
        return {
            "urn": self.urn,
            "op": self.op,
            "type": self.type,
            "changed": list(self.changed),
            "inputs": self.inputs,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlan:
    """What `up` would do to a stack, in an order that does not depend on timing: equal worlds, equal plans.

    `unreachable` is why its cloud could not be asked, `fault` why this stack alone could not be planned, which
    `needs_person` where its state is unknown: then there are no steps, and nobody knows which are needed.
    """

    stack: str
    steps: tuple[Step, ...] = ()
    unchanged: int = 0
    unreachable: str = ""
    fault: str = ""
    needs_person: bool = False
    notes: tuple[str, ...] = ()
    """What a person should know before the plan is applied, such as volumes that are not protected."""
    outputs: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What the stack will offer others; of a plan that was just made, not of one that was kept."""

    @property
    def unseen(self) -> str:
        """Why nobody knows what the stack needs; empty where it was looked at."""
        return self.unreachable or self.fault

    def beyond(self, found: "StackPlan") -> tuple[Step, ...]:
        """Those steps of another look at the same stack that this plan did not say, or said with other values."""
        agreed = {step.urn: step for step in self.steps}
        return tuple(step for step in found.steps if not _said(agreed.get(step.urn), step))

    @property
    def counts(self) -> dict[str, int]:
        """How many steps of each operation."""
        return dict(sorted(Counter(step.op for step in self.steps).items()))

    def as_json(self) -> StackPlanJson:
        return {
            "stack": self.stack,
            "steps": [step.as_json() for step in self.steps],
            "unchanged": self.unchanged,
            "unreachable": self.unreachable,
            "fault": self.fault,
            "needs_person": self.needs_person,
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, content: StackPlanJson) -> "StackPlan":
        """Raises KeyError, TypeError or ValueError for what `as_json` did not give."""
        steps = tuple(
            Step(
                urn=step["urn"],
                op=step["op"],
                type=step["type"],
                changed=tuple(step["changed"]),
                inputs=step["inputs"],
            )
            for step in content["steps"]
        )
        return cls(
            stack=content["stack"],
            steps=steps,
            unchanged=int(content["unchanged"]),
            unreachable=content["unreachable"],
            fault=content["fault"],
            needs_person=bool(content["needs_person"]),
            notes=tuple(content["notes"]),
        )


def subject(urn: str) -> str:
    """`Instance portal-1` for the URN of that instance: what an operator calls it."""
    parts = urn.split("::")
    return f"{parts[-2].rpartition(':')[2]} {parts[-1]}"


def plain(message: str) -> str:
    """A diagnostic of Pulumi's without its colour marks and on one line."""
    return " ".join(_COLOUR.sub("", message).split()).removeprefix("error: ")


@dataclass(slots=True)
class Seen:
    """One resource's part in a run, as its events arrive."""

    urn: str
    op: str
    began: float
    ended: float | None = None
    failed: bool = False
    changed: tuple[str, ...] = ()
    inputs: str = ""

    @property
    def means(self) -> str:
        """The operation by its effect: another image wipes a server though Pulumi calls it an update."""
        if self.op == "update" and self.urn.split("::")[-2].endswith(_SERVER):
            properties = {name.partition(".")[0].partition("[")[0] for name in self.changed}
            if properties & _WIPING:
                return "replace"
            if properties & _RESIZING:
                return "resize"
        return self.op


@dataclass(slots=True)
class Account:
    """Collects the events of one run, in whatever order they come, and says what they amount to."""

    resources: dict[str, Seen] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    """By URN; under the empty one what concerns the run as a whole."""
    smaller: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By the URN of a volume: its size in the cloud and the smaller one that is declared, in GB."""
    outputs: dict[str, Any] = field(default_factory=dict)
    """Of the stack itself, as its program exports them."""

    def begin(self, urn: str, op: str, at: float, changed: Iterable[str] = (), inputs: str = "") -> None:
        """Of several steps of one resource (a replacement has three) the one that creates is told."""
        known = self.resources.get(urn)
        if known is None or known.op in SAME:
            self.resources[urn] = Seen(urn, _stronger(op, op), at, changed=tuple(sorted(changed)), inputs=inputs)
        elif op not in SAME:
            known.op = _stronger(known.op, op)
            known.changed = tuple(sorted({*known.changed, *changed}))
            known.inputs = inputs or known.inputs

    def end(self, urn: str, at: float, *, failed: bool = False) -> None:
        known = self.resources.setdefault(urn, Seen(urn, "same", at))
        known.ended, known.failed = at, known.failed or failed

    def error(self, urn: str, message: str) -> None:
        self.errors.setdefault(urn, []).append(plain(message))

    @property
    def begun(self) -> bool:
        """Whether anything in the cloud was touched, or was to be."""
        return any(seen.op not in SAME and _in_the_cloud(seen.urn) for seen in self.resources.values())

    @property
    def said(self) -> str:
        """All that was said against the run and its resources; of the run itself Pulumi may only say that it failed."""
        return " ".join(message for messages in self.errors.values() for message in messages).rstrip(". ")

    def plan(self, stack: str) -> StackPlan:
        seen = sorted(self.resources.values(), key=lambda s: s.urn)
        steps = tuple(
            Step(urn=s.urn, op=s.means, type=s.urn.split("::")[-2], changed=s.changed, inputs=s.inputs)
            for s in seen
            if s.op not in SAME
        )
        return StackPlan(
            stack=stack,
            steps=steps,
            unchanged=len(seen) - len(steps),
            notes=tuple(map(str, self.outputs.get("released") or ())),
            outputs=self.outputs,
        )

    def outcomes(self, stack: str, planned: StackPlan | None = None) -> list[Outcome]:
        """One per resource. Where somebody decided upon a plan, what was done beside it is unknown, saying so."""
        agreed = None if planned is None else {step.urn: step.op for step in planned.steps}
        return [self._outcome(stack, seen, agreed) for seen in sorted(self.resources.values(), key=lambda s: s.urn)]

    def _outcome(self, stack: str, seen: Seen, agreed: Mapping[str, str] | None) -> Outcome:
        status = self._status(seen)
        reason = " ".join(self.errors.get(seen.urn, [])) or ("" if seen.op in SAME else seen.means)
        if status is Status.CHANGED and agreed is not None and not _covers(agreed.get(seen.urn), seen.means):
            status, reason = Status.UNKNOWN, f"{seen.means}: done though not planned; look at it"
        return Outcome(
            subject=f"{stack}: {subject(seen.urn)}",
            status=status,
            reason=reason,
            duration_s=(seen.ended or seen.began) - seen.began,
        )

    def _status(self, seen: Seen) -> Status:
        """Begun and not ended is unknown, where there is a cloud that may have done it or not."""
        if seen.failed or (self.errors.get(seen.urn) and not _is_whole(seen.urn)):
            return Status.FAILED
        if seen.op in SAME:
            return Status.OK
        return Status.CHANGED if seen.ended is not None or not _in_the_cloud(seen.urn) else Status.UNKNOWN


def _is_whole(urn: str) -> bool:
    return not urn or urn.split("::")[-2:-1] == [STACK_TYPE]


def _in_the_cloud(urn: str) -> bool:
    """Not so the stack itself, Pulumi's providers and our components: they exist in the state alone."""
    return bool(urn) and not urn.split("::")[-2].rpartition("$")[2].startswith(("pulumi:", "asty:"))


def _stronger(known: str, new: str) -> str:
    """A resource that is deleted and created in one run is replaced; else the later word counts."""
    return "replace" if {known, new} & _REPLACING or {known, new} == {"create", "delete"} else new


def _said(planned: Step | None, found: Step) -> bool:
    if planned is None or not _covers(planned.op, found.op):
        return False
    return planned.inputs == found.inputs or UNKNOWN_MARK in {planned.inputs[:1], found.inputs[:1]}


def _covers(planned: str | None, done: str) -> bool:
    """A preview takes what it cannot know yet for different: a replacement may turn out to be an update."""
    return planned == done or (planned, done) in _LESS_THAN_PLANNED
