"""What a region offers everybody, asked of a real Glance."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from openstack.connection import Connection

from lab.openstack import keystone, offer, template
from lab.openstack.spec import RegionSpec

pytestmark = pytest.mark.lab
NAME = "offered"


@pytest.fixture
def cloud(regions: tuple[RegionSpec, ...]) -> Iterator[Connection]:
    spec = regions[1]
    with keystone.connect(spec, template.password(spec, keystone.ADMIN)) as connection:
        yield connection
        for image in connection.image.images(name=NAME):
            connection.image.delete_image(image.id)


def offered(cloud: Connection) -> list[tuple[str, str, str]]:
    return [(one.status, one.visibility, one.hash_value) for one in cloud.image.images(name=NAME)]


def test_there_is_one_public_image_of_a_name_and_it_has_the_bytes_of_the_file(
    cloud: Connection, tmp_path: Path
) -> None:
    file = tmp_path / "image"
    for content in (b"first", b"second"):
        file.write_bytes(content)
        digest = hashlib.sha512(content).hexdigest()
        assert offer.offer(cloud, NAME, file, digest)
        assert offered(cloud) == [("active", "public", digest)]
        assert not offer.offer(cloud, NAME, file, digest), "what is there stays"
        assert [one.min_disk for one in cloud.image.images(name=NAME)] == [1], "a disk in GB that holds it"
    cloud.image.create_image(NAME, disk_format="raw", container_format="bare", data=b"half made")
    assert offer.offer(cloud, NAME, file, digest) is False
    assert offered(cloud) == [("active", "public", digest)]
