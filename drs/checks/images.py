"""Are the images those that are declared, byte for byte, and the same at both sites?"""

from collections.abc import Iterator
from dataclasses import replace

from city.model.offer import Image
from drs.check import PLAN, Answer, Check, Finding, Weight, incomparable, judged, the_one, where_seen
from drs.compared import Sites
from drs.observed import SeenImage, SeenSite, Unseen, known

_UNVERIFIED = "nobody verified its bytes: it has no property asty_sha256"


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    for declared in sites.city.platform.images:
        finding = replace(blank, subject=f"image {declared.id}", services=sites.having(image=declared.id))
        yield where_seen(_as_declared(finding, declared, sites, sites.recovery), sites.recovery, "images")
    if isinstance(sites.datacentre.images, Unseen) or isinstance(sites.recovery.images, Unseen):
        yield incomparable(sites, replace(blank, services=sites.services), "images")
        return
    for declared in sites.city.platform.images:
        subject = f"image {declared.id} of {sites.there.id}"
        finding = replace(blank, subject=subject, weight=Weight.WARNING, alone=False)
        yield _as_declared(finding, declared, sites, sites.datacentre)
        yield from _same_bytes(sites, blank, declared.id)
    yield from _only_there(sites, blank, sites.datacentre.images, sites.recovery.images)


def _as_declared(finding: Finding, declared: Image, sites: Sites, site: SeenSite) -> Finding:
    """Of a provider's image only what every site can see: which bytes are in it is the provider's matter."""
    found = the_one(known(site.images), declared.id, site.site)
    if isinstance(found, str):
        return judged(finding, [found])
    if declared.id in sites.provided:
        return judged(finding, _unusable(declared, found))
    told = judged(finding, [*_unusable(declared, found), *_others(declared, found)])
    if told.answer is Answer.MET and not found.sha256:
        return replace(told, answer=Answer.UNKNOWN, problem=_UNVERIFIED)
    return told


def _unusable(declared: Image, found: SeenImage) -> Iterator[str]:
    if not found.active:
        yield "its bytes are not all there"
    if found.disk_format != declared.disk_format:
        yield f"its format is {found.disk_format or 'unknown'}, not {declared.disk_format}"


def _others(declared: Image, found: SeenImage) -> Iterator[str]:
    if found.sha256 not in {"", declared.sha256}:
        yield "its bytes are not those declared"
    if found.min_disk_gb != declared.min_disk_gb:
        yield f"it asks for a disk of {found.min_disk_gb} GB, not {declared.min_disk_gb}"


def _same_bytes(sites: Sites, blank: Finding, name: str) -> Iterator[Finding]:
    """Where each site has one image of that name; what else is wrong is told beside."""
    here = the_one(known(sites.recovery.images), name, sites.here.id)
    there = the_one(known(sites.datacentre.images), name, sites.there.id)
    if isinstance(here, str) or isinstance(there, str):
        return
    finding = replace(blank, subject=f"bytes of image {name}", services=sites.having(image=name), alone=False)
    if there.algorithm != here.algorithm or not (there.digest and here.digest):
        yield replace(
            finding,
            weight=Weight.WARNING,
            problem="the sites give no digests that can be compared",
            remedy=f"Look at `openstack image show {name}` at both sites.",
        )
        return
    same = there.digest == here.digest
    yield judged(finding, [] if same else [f"they are not those at {sites.there.id}"])


def _only_there(
    sites: Sites, blank: Finding, there: tuple[SeenImage, ...], here: tuple[SeenImage, ...]
) -> Iterator[Finding]:
    declared = {image.id for image in sites.city.platform.images}
    for name in sorted({one.name for one in there} - {one.name for one in here} - declared):
        yield replace(
            blank,
            subject=f"image {name} of {sites.there.id}",
            answer=Answer.UNMET,
            weight=Weight.WARNING,
            alone=False,
            problem=f"{sites.there.id} has it, {sites.here.id} does not, and the city does not declare it",
            remedy="Declare it, or find out whose it is; asty leaves it alone.",
        )


CHECK = Check(
    name="images",
    area="images",
    order=30,
    weight=Weight.BLOCKING,
    compares="each declared image: one of that name, all there, with the declared digest, the same bytes at both sites",
    remedy=f"Find the declared image, name the others otherwise (`openstack image set --name NAME ID`), then: {PLAN}",
    find=_find,
)
