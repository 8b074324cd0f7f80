"""The image from nothing: the same bytes when it is made again, and nothing to change in what was made."""

import hashlib
from pathlib import Path

from lab.hosts import base_image, golden_image


def digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def test_the_same_debian_and_the_same_roles_give_the_same_bytes(tmp_path: Path) -> None:
    debian = base_image.provide(print, golden_image.packages())
    found = []
    for name in ("first", "second"):
        image = tmp_path / f"{name}.squashfs"
        golden_image.make(debian, tmp_path / name, image)
        found.append(digest(image))
        assert image.with_suffix(".sha256").read_text() == f"{found[-1]}  {image.name}\n"
    assert found[0] == found[1]


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    base_image.unpack(base_image.provide(print, golden_image.packages()), tmp_path / "tree")
    assert golden_image.play(tmp_path / "tree")["changed"] > 0
    assert golden_image.play(tmp_path / "tree")["changed"] == 0


def test_debian_itself_is_made_of_the_same_bytes_again(tmp_path: Path) -> None:
    """As long as its archive offers the same versions."""
    found = []
    for name in ("first", "second"):
        image = tmp_path / f"{name}.squashfs"
        base_image.build(image, golden_image.packages())
        found.append(digest(image))
    assert found[0] == found[1]
