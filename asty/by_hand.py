"""What stands in the clouds otherwise than declared, though no step of a plan would change it: told beside the plan."""

from collections.abc import Collection, Iterator, Mapping

from city.model.places import SiteRole
from drs import checks
from drs.check import Answer, Check, Finding, InPlans, Weight
from drs.compared import Sites

_OPEN = {Answer.UNMET, Answer.PARTLY}


def findings(sites: Sites, steps: Mapping[SiteRole, Collection[str]]) -> tuple[Finding, ...]:
    """By severity, of both sites. `steps` are the kinds of resources that each site's stacks have steps for.

    Such a step may mend what is seen, or may not have made it yet.
    """
    found = [one for check in checks.every() for one in _asked(check, sites, steps) if one.answer in _OPEN]
    return tuple(sorted(found, key=lambda one: one.weight is not Weight.BLOCKING))


def _asked(check: Check, sites: Sites, steps: Mapping[SiteRole, Collection[str]]) -> Iterator[Finding]:
    if check.in_plans is InPlans.NEVER:
        return
    for view in (sites,) if check.both else (sites, sites.turned):
        roles = SiteRole if check.both else (view.here.role,)
        planned = {kind for role in roles for kind in steps.get(role, ())}
        if check.in_plans is InPlans.ALWAYS or not planned & check.mended_by:
            yield from check.findings(view)


def lines(found: tuple[Finding, ...]) -> Iterator[str]:
    """Each with the remedy that a person can carry out."""
    for one in found:
        yield f"otherwise than declared ({one.weight}): {one.subject}: {one.problem}. {one.remedy}"


def as_json(found: tuple[Finding, ...]) -> list[dict[str, str]]:
    keys = ("subject", "problem", "remedy")
    return [{"weight": one.weight.value, **{key: str(getattr(one, key)) for key in keys}} for one in found]
