"""Do the security groups of both sites let pass what is declared, and nothing else?"""

from collections.abc import Iterator
from dataclasses import replace

from city.model.places import Site
from drs.check import PLAN, Check, Finding, InPlans, Weight, judged, the_one, where_seen
from drs.compared import Sites
from drs.observed import SeenGroup, SeenRule, SeenSite, Unseen, known

_EVERYBODY = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    for site, declared, seen in sites.both:
        recovery = site == sites.here
        base = blank if recovery else replace(blank, weight=Weight.WARNING, alone=False)
        if isinstance(seen.groups, Unseen) and not recovery:
            yield where_seen(
                replace(base, subject=f"security groups of {site.id}", weight=Weight.WARNING), seen, "groups"
            )
            continue
        for name, rules in declared.every_group.items():
            subject = f"security group {name}" if recovery else f"security group {name} of {site.id}"
            services = declared.serves(name)
            finding = replace(base, subject=subject, services=services)
            yield where_seen(_compared(finding, site, seen, (name, rules)), seen, "groups")


def _compared(finding: Finding, site: Site, seen: SeenSite, declared: tuple[str, frozenset[SeenRule]]) -> Finding:
    """Too little keeps clients out; too much is what nobody agreed to, while the service serves."""
    name, rules = declared
    found = the_one(known(seen.groups), name, site.id)
    if isinstance(found, str):
        return judged(finding, [found])
    wanted, there = frozenset(map(_plain, rules)), frozenset(map(_plain, found.rules))
    lacking, added = list(_lacking(found, wanted - there)), list(_added(there - wanted))
    if added:
        finding = replace(finding, alone=finding.alone and bool(lacking), remedy=_closing(site, name, bool(lacking)))
    return judged(finding, [*lacking, *added])


def _lacking(found: SeenGroup, missing: frozenset[SeenRule]) -> Iterator[str]:
    if missing:
        yield f"it lacks {'; '.join(map(_rule_line, sorted(missing)))}"
    if not found.egress:
        yield "its members may not open connections themselves: Neutron's own rules for that are gone"


def _added(extra: frozenset[SeenRule]) -> Iterator[str]:
    if extra:
        yield f"it adds {'; '.join(map(_rule_line, sorted(extra)))}, which the city does not declare"


def _plain(rule: SeenRule) -> SeenRule:
    """Everybody is written in two ways."""
    return replace(rule, remote=rule.remote or _EVERYBODY.get(rule.family, ""))


def _rule_line(rule: SeenRule) -> str:
    return f"{rule.direction} {rule.protocol} {rule.ports} {rule.remote or 'everybody'}"


def _closing(site: Site, group: str, lacking: bool) -> str:  # noqa: FBT001 - read at its one call
    client = f"openstack --os-cloud {site.role.value} security group rule"
    closing = f"Declare it as a flow, or remove it: `{client} list {group}` shows its id for `{client} delete ID`."
    return f"{PLAN} {closing}" if lacking else closing


CHECK = Check(
    name="security_groups",
    area="security groups",
    order=80,
    weight=Weight.BLOCKING,
    compares="the rules of each declared group with the declaration, as sets, at both sites",
    remedy=f"{PLAN} Rules for leaving that are gone: `openstack security group rule create --egress GROUP`.",
    find=_find,
    in_plans=InPlans.AT_REST,
    mended_by=frozenset({"SecGroup", "SecGroupRule"}),
    both=True,
)
