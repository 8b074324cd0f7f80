"""What a Pulumi run did, as values: the account of its events, and what they amount to. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from city.outcome import Outcome, Status
from infra.answers import unanswered
from infra.deletions import given_up
from infra.plan import STACK_TYPE, StackPlan, Step, covers, plain, subject

STAYS = frozenset({"same", "refresh"})
"""What stands already. A look at another stack (`read`) says nothing of this one: of a new one nothing stands."""
SAME = STAYS | {"read"}
_REPLACING = frozenset({"replace", "create-replacement", "delete-replaced"})
_SERVER = "openstack:compute/instance:Instance"
_WIPING = frozenset({"imageId", "imageName", "blockDevices", "userData"})
_RESIZING = frozenset({"flavorId", "flavorName"})


Resource = Mapping[str, Any]
"""As a deployment of Pulumi's has it: urn, type, custom, inputs and more."""


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
    asked: dict[str, Resource] = field(default_factory=dict)
    """By the URN of what was to be made: the resource as a state has it, but for its id."""
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
    def unanswered(self) -> dict[str, Resource]:
        """Of `asked`, that of which no answer came: the cloud may have made it."""
        failed = {urn for urn, seen in self.resources.items() if seen.failed}
        lost = {urn for urn in failed if any(unanswered(said) for said in self.errors.get(urn, ()))}
        return {urn: resource for urn, resource in self.asked.items() if urn in lost}

    @property
    def given_up(self) -> dict[str, str]:
        """By the URN of a server whose deletion alone failed, for it was not waited for: its id."""
        return given_up({urn: self.errors.get(urn, ()) for urn, seen in self.resources.items() if seen.failed})

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
            unchanged=sum(s.op in STAYS for s in seen),
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
        if status is Status.CHANGED and agreed is not None and not covers(agreed.get(seen.urn), seen.means):
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
