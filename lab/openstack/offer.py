"""The images that a region offers everybody, as a provider does: there before anybody brings anything of his own."""

import hashlib
import math
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from openstack.connection import Connection

from lab.openstack import keystone, template
from lab.openstack.region import in_parallel
from lab.openstack.spec import RegionSpec
from lab.system import Report


def up(specs: Iterable[RegionSpec], names: Iterable[str], file: Path, report: Report) -> None:
    """Have exactly one public image of each name in each of these regions, with the bytes of the file."""
    wanted = tuple(names)
    with file.open("rb") as bytes_:
        digest = hashlib.file_digest(bytes_, "sha512").hexdigest()
    in_parallel(partial(_in_region, spec, wanted, file, digest, report) for spec in specs)


def _in_region(spec: RegionSpec, names: Iterable[str], file: Path, digest: str, report: Report) -> None:
    with keystone.connect(spec, template.password(spec, keystone.ADMIN)) as cloud:
        for name in names:
            if offer(cloud, name, file, digest):
                report(f"region {spec.name}: offers the image {name}")


def offer(cloud: Connection, name: str, file: Path, digest: str) -> bool:
    """Whether anything had to be done. `digest` is the SHA-512 of the file, which Glance states of what it holds.

    Of two with one name nobody could say which is meant: what else bears it goes. One that is half made is private, and
    goes at the next time.
    """
    there = list(cloud.image.images(name=name))
    good = [one for one in there if (one.status, one.visibility, one.hash_value) == ("active", "public", digest)]
    for image in there:
        if image not in good[:1]:
            cloud.image.delete_image(image.id)
    if good:
        return False
    data = file.read_bytes()  # some 150 MB; the SDK leaves a file open that it opens itself
    made = cloud.image.create_image(
        name,
        disk_format="raw",
        container_format="bare",
        min_disk=math.ceil(len(data) / 2**30),
        visibility="private",
        data=data,
        wait=True,
    )
    cloud.image.update_image(made.id, visibility="public")
    return True
