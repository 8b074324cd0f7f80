"""An image is its bytes: whose they are is seen before a host starts from them."""

import hashlib
import uuid
from pathlib import Path

import pytest

from city.errors import Failed, InvalidInput
from lab.hosts import image
from lab.hosts.guest import Image
from lab.openstack.drivers import disk

SQUASHFS = b"hsqs" + bytes(4092)


def stated(content: bytes) -> Image:
    return Image(id=str(uuid.uuid4()), algorithm="sha512", digest=hashlib.sha512(content).hexdigest())


@pytest.fixture
def glance(tmp_path: Path) -> Path:
    return tmp_path / "glance-file"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


def test_the_bytes_that_glance_states_are_kept_without_a_copy(glance: Path, images: Path) -> None:
    glance.write_bytes(SQUASHFS)
    kept = image.fetch(glance, stated(SQUASHFS), images)
    assert kept.name == stated(SQUASHFS).digest and kept.stat().st_ino == glance.stat().st_ino
    glance.unlink()
    assert image.fetch(glance, stated(SQUASHFS), images).read_bytes() == SQUASHFS


def test_other_bytes_than_glance_states_start_no_host(glance: Path, images: Path) -> None:
    glance.write_bytes(SQUASHFS + b"!")
    with pytest.raises(InvalidInput, match="not those that Glance states"):
        image.fetch(glance, stated(SQUASHFS), images)
    assert list(images.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(bytes(262_144), id="nothing but zeros"),
        pytest.param(b"", id="empty"),
        pytest.param(b"hsq", id="short"),
    ],
)
def test_bytes_without_a_file_system_say_so(content: bytes, glance: Path, images: Path) -> None:
    glance.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"hold no file system, so that no host can start.*squashfs or ext4"):
        image.fetch(glance, stated(content), images)
    assert list(images.iterdir()) == []


def test_an_image_that_glance_lost_says_so(glance: Path, images: Path) -> None:
    with pytest.raises(Failed, match="no such file"):
        image.fetch(glance, stated(b""), images)


def test_ext4_is_told_by_its_superblock(tmp_path: Path) -> None:
    disk.make(tmp_path / "disk", 1)
    assert image.file_system(tmp_path / "disk") == "ext4"


def test_what_no_guest_has_is_forgotten_with_what_is_half_made(images: Path) -> None:
    for name in ("used", "unused", "used.new"):
        (images / name).touch()
    image.forget_unused(images, ["used"])
    assert [file.name for file in images.iterdir()] == ["used"]


def begin(file: Path) -> bytes:
    """As far as the superblock goes (ext4.h)."""
    with file.open("rb") as content:
        return content.read(2048)


def test_a_disk_is_sparse_and_its_content_grows_with_it(tmp_path: Path) -> None:
    file = tmp_path / "disk"
    disk.make(file, 1)
    first = begin(file)
    disk.make(file, 9)
    assert file.stat().st_size == 2**30 and begin(file) == first
    assert file.stat().st_blocks * 512 < 16 * 2**20
    disk.grow(file, 2)
    disk.grow(file, 1)
    blocks = int.from_bytes(begin(file)[1024 + 4 : 1024 + 8], "little")
    assert (file.stat().st_size, blocks * 4096) == (2**31, 2**31)
    disk.copy(file, tmp_path / "other")
    assert (tmp_path / "other").stat().st_blocks * 512 < 16 * 2**20


def test_a_disk_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(bytes(2**20))
    with pytest.raises(OSError, match="e2fsck"):
        disk.grow(tmp_path / "disk", 1)
