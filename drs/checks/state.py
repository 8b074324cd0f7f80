"""Can the recovery stacks be used with the data centre gone?"""

from collections.abc import Iterator
from dataclasses import replace

from drs.check import Check, Finding, Weight, judged
from drs.compared import Sites, StackEvidence


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    if not sites.stacks:
        problem = f"nobody looked at a stack of {sites.here.id}"
        yield replace(blank, subject="stacks", services=sites.services, problem=problem)
    for stack in sites.stacks:
        finding = replace(blank, subject=f"stack {stack.stack}", services=sites.services)
        remedy = f"Bring it up: pulumi up --stack {stack.stack}." if stack.readable else blank.remedy
        yield judged(replace(finding, remedy=remedy), _problems(stack))


def _problems(stack: StackEvidence) -> Iterator[str]:
    if not stack.readable:
        yield stack.reason or "it cannot be opened"
    elif stack.resources <= 0:
        yield stack.reason or "its state records no resources"


CHECK = Check(
    name="state",
    area="state",
    order=10,
    weight=Weight.BLOCKING,
    compares="each stack of the recovery site: it opens with the state and the passphrase kept there",
    remedy="Bring its state and its passphrase back to the recovery site, or, if it was never made, bring it up.",
    find=_find,
)
