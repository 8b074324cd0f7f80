"""An image of the city's folder is what it is declared to be."""

import hashlib

import pytest

from asty.city_data import load
from city.load import images
from tests.city.board import Board

GIB = 2**30


def qcow2(size: int) -> bytes:
    """The first fields of a header of version 3 (QEMU, docs/interop/qcow2.txt), for a disk of `size` bytes."""
    return b"QFI\xfb" + (3).to_bytes(4) + bytes(12) + (16).to_bytes(4) + size.to_bytes(8) + bytes(72)


def put(board: Board, content: bytes, disk_format: str) -> None:
    (board.folder / "images" / "base.raw").write_bytes(content)
    platform = board.folder / "platform.yaml"
    was = next(line for line in platform.read_text(encoding="utf-8").splitlines() if "sha256:" in line)
    board.plant("platform.yaml", was.strip(), f"sha256: {hashlib.sha256(content).hexdigest()}")
    board.plant("platform.yaml", "disk_format: raw", f"disk_format: {disk_format}")


@pytest.mark.parametrize(
    ("content", "disk_format"),
    [(b"anything", "raw"), (qcow2(GIB), "qcow2"), (qcow2(0), "qcow2"), (b"", "raw")],
)
def test_an_image_of_the_declared_format_and_size_is_taken(board: Board, content: bytes, disk_format: str) -> None:
    put(board, content, disk_format)
    assert load(board.folder).platform.images[0].disk_format == disk_format


@pytest.mark.parametrize(
    ("content", "disk_format", "key", "problem"),
    [
        pytest.param(qcow2(GIB), "raw", "disk_format", "base.raw is qcow2, and not raw", id="qcow2 as raw"),
        pytest.param(b"MBR", "qcow2", "disk_format", "base.raw is raw, and not qcow2", id="raw as qcow2"),
        pytest.param(b"", "qcow2", "disk_format", "base.raw is raw", id="nothing at all"),
        pytest.param(qcow2(GIB + 1), "qcow2", "min_disk", "a disk of 2 GB, and min_disk says 1 GB", id="too large"),
    ],
)
def test_an_image_that_is_not_what_is_declared_is_told_at_its_line(
    board: Board, content: bytes, disk_format: str, key: str, problem: str
) -> None:
    put(board, content, disk_format)
    [found] = board.defects()
    lines = (board.folder / "platform.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[found.line - 1].strip().startswith(f"{key}:")
    assert problem in found.problem and found.remedy


@pytest.mark.parametrize(("size", "wrong"), [(8, 0), (9, 1)])
def test_a_raw_file_is_as_large_as_the_disk_that_it_needs(
    board: Board, size: int, wrong: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With gigabytes of eight bytes."""
    monkeypatch.setattr(images, "_GB", 8)
    put(board, bytes(size), "raw")
    if not wrong:
        assert load(board.folder).platform.images[0].min_disk_gb == 1
        return
    [found] = board.defects()
    assert "a disk of 2 GB, and min_disk says 1 GB" in found.problem
