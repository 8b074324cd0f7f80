"""What the recovery site offers its workloads: flavours, images, keys, networks, and state to build them from."""

from collections.abc import Iterable, Iterator

from city.model.platform import Image
from drs.checks import PLAN, Answer, Check, Sites, StackEvidence, Weight, incomparable, met, where_seen
from drs.expected import in_the_cloud
from drs.observed import Part, SeenFlavour, SeenImage, Unseen, known


def states(sites: Sites, stacks: Iterable[StackEvidence]) -> Iterator[Check]:
    """State and passphrase of the recovery stacks can be used with the data centre gone."""
    for stack in stacks:
        yield Check(
            area="state",
            subject=f"stack {stack.stack}",
            services=sites.services,
            answer=met(yes=stack.readable and stack.resources > 0),
            problem=stack.reason or "its state records no resources",
            remedy=f"Bring it up: pulumi up --stack {stack.stack}."
            if stack.readable
            else f"Bring its state and its passphrase back to {sites.here.id}, or, if it was never made, bring it up.",
        )


def flavours(sites: Sites) -> Iterator[Check]:
    """Each declared flavour is there with its declared size; each that the data centre has besides, too."""
    here = {flavour.name: flavour for flavour in known(sites.recovery.flavours)}
    for declared in sites.city.platform.flavours:
        found = here.get(declared.id)
        wanted = (declared.vcpus, declared.ram_mb, declared.disk_gb)
        size = None if found is None else (found.vcpus, found.ram_mb, found.disk_gb)
        check = Check(
            area="flavours",
            subject=f"flavour {declared.id}",
            services=sites.having(flavour=declared.id),
            answer=met(yes=size == wanted),
            problem=f"it is not at {sites.here.id}" if size is None else f"it is {_size(size)}, not {_size(wanted)}",
        )
        yield where_seen(check, sites.recovery, "flavours")
    declared_ids = {flavour.id for flavour in sites.city.platform.flavours}
    yield from _parity(sites, "flavours", (sites.datacentre.flavours, sites.recovery.flavours), declared_ids)


def images(sites: Sites) -> Iterator[Check]:
    """Each declared image is there, whole, and byte for byte the data centre's."""
    here = {image.name: image for image in known(sites.recovery.images)}
    there = {image.name: image for image in known(sites.datacentre.images)}
    for declared in sites.city.platform.images:
        found = here.get(declared.id)
        services = sites.having(image=declared.id)
        check = Check(
            area="images",
            subject=f"image {declared.id}",
            services=services,
            answer=met(yes=found is not None and _whole(found, declared)),
            problem=f"it is not at {sites.here.id}"
            if found is None
            else "its bytes are not those declared, or not all there",
        )
        yield where_seen(check, sites.recovery, "images")
        if found is not None:
            yield _same_bytes(sites, found, there.get(declared.id), services)
    declared_ids = {image.id for image in sites.city.platform.images}
    yield from _parity(sites, "images", (sites.datacentre.images, sites.recovery.images), declared_ids)


def _whole(found: SeenImage, declared: Image) -> bool:
    return found.active and found.sha256 in {"", declared.sha256}


def _same_bytes(sites: Sites, here: SeenImage, there: SeenImage | None, services: frozenset[str]) -> Check:
    comparable = there is not None and there.algorithm == here.algorithm and bool(there.digest and here.digest)
    same = comparable and there is not None and there.digest == here.digest
    check = Check(
        area="images",
        subject=f"bytes of image {here.name}",
        services=services,
        answer=met(yes=same) if comparable else Answer.UNKNOWN,
        weight=Weight.BLOCKING if comparable else Weight.WARNING,
        alone=False,
        problem=f"they are not those at {sites.there.id}" if comparable else "there is nothing to compare them with",
        remedy="Find which is the declared one and replace the other."
        if comparable
        else f"Ask again when {sites.there.id} has it.",
    )
    return where_seen(check, sites.datacentre, "images")


def keys(sites: Sites) -> Iterator[Check]:
    wanted = " ".join(sites.city.platform.operators_key.split()[:2])
    check = Check(
        area="keys",
        subject="the operators' key",
        services=sites.services,
        answer=met(yes=any(key.public_key == wanted for key in known(sites.recovery.keys))),
        problem=f"no key pair at {sites.here.id} holds it",
    )
    yield where_seen(check, sites.recovery, "keys")


def networks(sites: Sites) -> Iterator[Check]:
    """Each network that is declared for the recovery site, and each that a workload needs there."""
    declared = {network.purpose.value: network for network in sites.city.networks_at(sites.here.id)}
    needed = {workload.network for _, workload in in_the_cloud(sites.city).values()}
    cidrs = {subnet.cidr for subnet in known(sites.recovery.subnets)}
    for purpose in sorted({*declared, *needed}):
        network = declared.get(purpose)
        services = sites.having(network=purpose)
        check = Check(
            area="networks",
            subject=f"network {purpose}",
            services=services,
            answer=met(yes=network is not None and network.cidr in cidrs),
            weight=Weight.BLOCKING if services else Weight.WARNING,
            problem=f"none is declared for {sites.here.id}"
            if network is None
            else f"no subnet at {sites.here.id} is {network.cidr}",
            remedy="Declare it in the city's networks." if network is None else PLAN,
        )
        yield check if network is None else where_seen(check, sites.recovery, "subnets")


def _parity(
    sites: Sites, area: str, parts: tuple[Part[SeenFlavour] | Part[SeenImage], ...], declared: set[str]
) -> Iterator[Check]:
    """What stands at the data centre undeclared, and not at the recovery site: it would be missed."""
    there, here = parts
    if isinstance(there, Unseen) or isinstance(here, Unseen):
        yield incomparable(sites, area, area)
        return
    for name in sorted({one.name for one in there} - {one.name for one in here} - declared):
        yield Check(
            area=area,
            subject=f"{area.removesuffix('s')} {name}",
            services=frozenset(),
            answer=Answer.UNMET,
            weight=Weight.WARNING,
            alone=False,
            problem=f"{sites.there.id} has it, {sites.here.id} does not, and the city does not declare it",
            remedy="Declare it, or remove it from where it is.",
        )


def _size(size: tuple[int, int, int]) -> str:
    return "{} vCPU, {} MB, {} GB".format(*size)
