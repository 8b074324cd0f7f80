"""What stands in the clouds otherwise than declared, though no step of a plan would change it: told beside the plan."""

import re
from collections.abc import Collection, Iterator, Mapping

from city.model.places import SiteRole
from drs import checks
from drs.check import Answer, Check, Finding, InPlans, Weight
from drs.compared import Sites

_WORD = re.compile(r"[a-z0-9-]+")
_OPEN = {Answer.UNMET, Answer.PARTLY}


def findings(sites: Sites, steps: Mapping[SiteRole, Collection[str]]) -> tuple[Finding, ...]:
    """By severity, of both sites. `steps` are what each site's stacks have steps for, as `Instance portal-1`.

    Such a step may mend what is seen, or may not have made it yet. What a command of a person's own mends, a step for
    another thing of that kind does not.
    """
    found = [one for check in checks.every() for one in _asked(check, sites, steps) if one.answer in _OPEN]
    return tuple(sorted(found, key=lambda one: one.weight is not Weight.BLOCKING))


def _asked(check: Check, sites: Sites, steps: Mapping[SiteRole, Collection[str]]) -> Iterator[Finding]:
    if check.in_plans is InPlans.NEVER:
        return
    for view in (sites,) if check.both else (sites, sites.turned):
        roles = SiteRole if check.both else (view.here.role,)
        planned = [step.partition(" ") for role in roles for step in steps.get(role, ())]
        names = {name for kind, _, name in planned if kind in check.mended_by}
        for one in check.findings(view):
            if check.in_plans is InPlans.ALWAYS or not names or not _may_mend(names, one, check):
                yield one


def _may_mend(names: Collection[str], found: Finding, check: Check) -> bool:
    """Whether a step for one of these may mend what was found: any of them, where the remedy is to plan; else one for
    what the remedy names, or for a part of it, as a rule of a group."""
    words = _WORD.findall(found.remedy)
    return found.remedy == check.remedy or any(f"{name}-".startswith(f"{word}-") for name in names for word in words)


def lines(found: tuple[Finding, ...]) -> Iterator[str]:
    """Each with the remedy that a person can carry out."""
    for one in found:
        yield f"otherwise than declared ({one.weight}): {one.subject}: {one.problem}. {one.remedy}"


def as_json(found: tuple[Finding, ...]) -> list[dict[str, str]]:
    keys = ("subject", "problem", "remedy")
    return [{"weight": one.weight.value, **{key: str(getattr(one, key)) for key in keys}} for one in found]
