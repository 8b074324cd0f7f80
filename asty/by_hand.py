"""What stands in the clouds otherwise than declared, though no step of a plan would change it: told beside the plan."""

from collections.abc import Iterator

from drs import checks
from drs.check import Answer, Finding, InPlans, Weight
from drs.compared import Sites

_OPEN = {Answer.UNMET, Answer.PARTLY}


def findings(sites: Sites, *, at_rest: bool) -> tuple[Finding, ...]:
    """By severity. `at_rest` says that no stack has a step: else a step may mend it, or may not have made it yet."""
    wanted = {InPlans.ALWAYS, InPlans.AT_REST} if at_rest else {InPlans.ALWAYS}
    asked = (check for check in checks.every() if check.in_plans in wanted)
    found = [one for check in asked for one in check.findings(sites) if one.answer in _OPEN]
    return tuple(sorted(found, key=lambda one: one.weight is not Weight.BLOCKING))


def lines(found: tuple[Finding, ...]) -> Iterator[str]:
    """Each with the remedy that a person can carry out."""
    for one in found:
        yield f"otherwise than declared ({one.weight}): {one.subject}: {one.problem}. {one.remedy}"


def as_json(found: tuple[Finding, ...]) -> list[dict[str, str]]:
    keys = ("subject", "problem", "remedy")
    return [{"weight": one.weight.value, **{key: str(getattr(one, key)) for key in keys}} for one in found]
