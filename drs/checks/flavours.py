"""Are servers made with the declared sizes, and with nothing else asked of the host?"""

from collections.abc import Iterator
from dataclasses import replace

from city.model.offer import Flavour
from drs.check import PLAN, Answer, Check, Finding, Weight, incomparable, judged, the_one, where_seen
from drs.compared import Sites
from drs.observed import SeenFlavour, SeenSite, Unseen, known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    for declared in sites.city.platform.flavours:
        finding = replace(blank, subject=f"flavour {declared.id}", services=sites.having(flavour=declared.id))
        yield where_seen(judged(finding, _problems(declared, sites.recovery)), sites.recovery, "flavours")
    if isinstance(sites.datacentre.flavours, Unseen) or isinstance(sites.recovery.flavours, Unseen):
        yield incomparable(sites, blank, "flavours")
        return
    yield from _there(sites, blank, sites.datacentre.flavours, sites.recovery.flavours)


def _there(
    sites: Sites, blank: Finding, there: tuple[SeenFlavour, ...], here: tuple[SeenFlavour, ...]
) -> Iterator[Finding]:
    """What the data centre has: declared ones as declared, others here too, for their servers would miss them."""
    declared = {flavour.id: flavour for flavour in sites.city.platform.flavours}
    for name in sorted({*declared, *(one.name for one in there)}):
        finding = replace(
            blank, subject=f"flavour {name} of {sites.there.id}", weight=Weight.WARNING, alone=False, remedy=PLAN
        )
        if name in declared:
            yield judged(finding, _problems(declared[name], sites.datacentre))
        elif name not in {one.name for one in here}:
            problem = f"{sites.there.id} has it, {sites.here.id} does not, and the city does not declare it"
            remedy = "Declare it, or find out whose it is; asty leaves it alone."
            yield replace(finding, answer=Answer.UNMET, problem=problem, remedy=remedy)


def _problems(declared: Flavour, site: SeenSite) -> Iterator[str]:
    found = the_one(known(site.flavours), declared.id, site.site)
    if isinstance(found, str):
        yield found
        return
    size, wanted = (found.vcpus, found.ram_mb, found.disk_gb), (declared.vcpus, declared.ram_mb, declared.disk_gb)
    if size != wanted:
        yield f"it is {_size(size)}, not {_size(wanted)}"
    if found.extra_specs:
        specs = ", ".join(f"{key}={value}" for key, value in found.extra_specs)
        yield f"it asks {specs} of the host, which the city does not declare"


def _size(size: tuple[int, int, int]) -> str:
    return "{} vCPU, {} MB, {} GB".format(*size)


CHECK = Check(
    name="flavours",
    area="flavours",
    order=20,
    weight=Weight.BLOCKING,
    compares="each declared flavour with its size and extra specs, at both sites; those that only the data centre has",
    remedy=f"{PLAN} An extra spec goes by `openstack flavor unset --property KEY FLAVOUR`.",
    find=_find,
)
