"""What a Pulumi run would do, as values: the steps of a plan. Pure."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

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


def _said(planned: Step | None, found: Step) -> bool:
    if planned is None or not covers(planned.op, found.op):
        return False
    return planned.inputs == found.inputs or UNKNOWN_MARK in {planned.inputs[:1], found.inputs[:1]}


def covers(planned: str | None, done: str) -> bool:
    """A preview takes what it cannot know yet for different: a replacement may turn out to be an update."""
    return planned == done or (planned, done) in _LESS_THAN_PLANNED
