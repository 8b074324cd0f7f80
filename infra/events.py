"""The events of a Pulumi run, as Pulumi's engine sends them, put into the account of that run."""

import threading
import time
from collections.abc import Callable

from pulumi.automation import EngineEvent
from pulumi.automation.events import StepEventMetadata, StepEventStateMetadata

from city.fingerprint import canonical, fingerprint
from infra.account import SAME, Account, Resource
from infra.plan import NOT_YET_KNOWN, STACK_TYPE, UNKNOWN_MARK, subject
from infra.stacks import Stack

Report = Callable[[str], None]
"""Takes one plain line per event: `lab-datacentre: create Network datacentre-iot`."""


def quiet(_line: str) -> None:
    """A report that nobody reads."""


_MAKING = frozenset({"create", "create-replacement"})
_VOLUME = "openstack:blockstorage/volume:Volume"


def listener(stack: Stack, account: Account, report: Report) -> Callable[[EngineEvent], None]:
    """Events arrive on a thread of Pulumi's own."""
    one_at_a_time = threading.Lock()

    def listen(event: EngineEvent) -> None:
        with one_at_a_time:
            _take(stack.name, account, event, report)

    return listen


def _take(stack: str, account: Account, event: EngineEvent, report: Report) -> None:
    now = time.monotonic()
    if event.resource_pre_event is not None:
        step = event.resource_pre_event.metadata
        account.begin(step.urn, step.op.value, now, _changed(step), _inputs(step))
        if step.new is not None and step.op.value in _MAKING:
            account.asked[step.urn] = _resource(step.new)
        if (sizes := _smaller(step)) is not None:
            account.smaller[step.urn] = sizes
    elif event.res_outputs_event is not None:
        step = event.res_outputs_event.metadata
        account.end(step.urn, now)
        if step.type == STACK_TYPE and step.new is not None and step.new.outputs:
            account.outputs = dict(step.new.outputs)
        if step.op.value not in SAME:
            report(f"{stack}: {step.op.value} {subject(step.urn)}")
    elif event.res_op_failed_event is not None:
        step = event.res_op_failed_event.metadata
        account.end(step.urn, now, failed=True)
        report(f"{stack}: failed {step.op.value} {subject(step.urn)}")
    elif event.diagnostic_event is not None and event.diagnostic_event.severity == "error":
        account.error(event.diagnostic_event.urn or "", event.diagnostic_event.message)


def _changed(step: StepEventMetadata) -> tuple[str, ...]:
    return tuple(step.detailed_diff or step.diffs or ())


def _resource(new: StepEventStateMetadata) -> Resource:
    """As a deployment has it, before the cloud gave it an id."""
    told = {"parent": new.parent, "provider": new.provider, "protect": new.protect}
    given = {key: value for key, value in told.items() if value}
    return {"urn": new.urn, "custom": bool(new.custom), "type": new.type, "inputs": dict(new.inputs or {}), **given}


def _smaller(step: StepEventMetadata) -> tuple[int, int] | None:
    """The size of a volume in the cloud and the declared one, where that is smaller; a refreshed state knows both."""
    if not step.type.endswith(_VOLUME) or step.old is None or step.new is None:
        return None
    there, declared = (step.old.outputs or {}).get("size"), (step.new.inputs or {}).get("size")
    if isinstance(there, int | float) and isinstance(declared, int | float) and declared < there:
        return int(there), int(declared)
    return None


def _inputs(step: StepEventMetadata) -> str:
    """Of what is deleted: none. Pulumi has taken secrets out of them, and put a constant for what is not known yet."""
    if step.new is None or not step.new.inputs:
        return ""
    unsure = UNKNOWN_MARK if NOT_YET_KNOWN in canonical(step.new.inputs) else ""
    return unsure + fingerprint(step.new.inputs)
