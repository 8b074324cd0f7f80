"""Is the certificate of each host that runs there good, for the service's name, and for some time to come?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from drs.check import Check, Finding, Weight, judged
from drs.compared import Sites
from drs.expected import Standing
from drs.hosts import SeenCertificate
from drs.observed import Unseen

AHEAD = timedelta(days=14)
"""Whoever renews a certificate has to be given so much time."""


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    """Of each host that let somebody in; of others `access` says that nobody could."""
    for one in sites.hosts_here:
        if isinstance(one.answer, Unseen):
            continue
        finding = replace(blank, subject=f"certificate of {one.server}", services=frozenset({one.service}))
        if isinstance(one.answer, str):
            yield judged(finding, [one.answer])
            continue
        late = [] if one.answer.ends - sites.at >= AHEAD else [f"it ends on {one.answer.ends:%Y-%m-%d %H:%M} UTC"]
        useless = list(_useless(sites, one.answer, one.server, sites.declared_here.standing[one.service]))
        yield judged(finding, useless) if useless else judged(replace(finding, weight=Weight.WARNING), late)


def _useless(sites: Sites, seen: SeenCertificate, server: str, standing: Standing) -> Iterator[str]:
    if seen.ends <= sites.at:
        yield f"it has expired, on {seen.ends:%Y-%m-%d %H:%M} UTC"
    if seen.begins > sites.at:
        yield f"it is not good before {seen.begins:%Y-%m-%d %H:%M} UTC"
    member = server in {one.name for one in standing.members}
    fqdn = standing.entrance.fqdn.rstrip(".") if standing.entrance and member else ""
    if fqdn and fqdn not in seen.names:
        yield f"it is not for {fqdn}, which clients ask for, but for {', '.join(sorted(seen.names)) or 'no name'}"


CHECK = Check(
    name="certificates",
    area="certificates",
    order=124,
    weight=Weight.BLOCKING,
    compares="the certificate of each host that runs there: for whose name, since when, and for how long it is good",
    remedy="Have a new one made, and bring it to the host: where the cloud hands it out, start the host anew.",
    find=_find,
)
