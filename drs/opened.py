"""What a drill opens at the recovery site: a pilot light serves, as a warm service does, and so does a cold one. Pure.

A pilot light has one port and one data volume there, and its database streams; so one server and the entrance are
missing. Of a cold service the port and the volume are missing too. One of which nothing stands there, not even a
database, has no security group either, and is a person's.
"""

from dataclasses import replace

from city.model.city import City
from city.model.services import Recovery
from drs.compared import Sites
from drs.expected import Standing, in_the_cloud


def to_open(sites: Sites, service: str) -> Standing | None:
    """What is to stand of the service once a drill opened it; None where it is not the drill's to open."""
    standing = sites.declared_here.standing.get(service)
    if standing is None or standing.entrance is not None:
        return None
    full = sites.declared_here.full[service]
    return replace(standing, members=standing.members or full.members[:1], entrance=full.entrance)


def left_to_a_person(city: City) -> tuple[str, ...]:
    """The services of which nothing stands at the recovery site, so that no drill brings them there."""
    cold = {name: one for name, (one, _) in in_the_cloud(city).items() if one.recovery is Recovery.COLD}
    return tuple(name for name, one in cold.items() if not one.database)


def opened(sites: Sites, service: str) -> Sites:
    """As if the service were declared to stand so."""
    wanted = to_open(sites, service)
    if wanted is None:
        return sites
    declared = replace(sites.declared_here, standing={**sites.declared_here.standing, service: wanted})
    return replace(sites, declared_here=declared)
