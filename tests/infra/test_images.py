import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from city.errors import Failed
from city.model.offer import Image
from infra.images import cache, local_file

BYTES = b"a very small system"
IMAGE = Image(
    id="base", url="file:base.raw", sha256=hashlib.sha256(BYTES).hexdigest(), disk_format="raw", min_disk_gb=1
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.raw").write_bytes(BYTES)
    return tmp_path


def test_an_image_is_kept_under_its_digest(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert local_file(IMAGE, folder, kept) == kept / IMAGE.sha256
    assert (kept / IMAGE.sha256).read_bytes() == BYTES
    (folder / "base.raw").unlink()
    assert local_file(IMAGE, folder, kept).read_bytes() == BYTES, "the second time nothing is fetched"


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        pytest.param(replace(IMAGE, sha256="0" * 64), "not the declared one", id="other bytes than declared"),
        pytest.param(replace(IMAGE, url="file:gone.raw"), "cannot be read", id="a file that is not there"),
        pytest.param(replace(IMAGE, url="http://127.0.0.1/base.raw"), "begins with http:", id="an unprotected address"),
        pytest.param(replace(IMAGE, url="https://127.0.0.1:9/x"), "cannot be read", id="nobody answers"),
        pytest.param(replace(IMAGE, url="https://127.0.0.1:9/a b"), "cannot be read", id="a blank in an address"),
        pytest.param(replace(IMAGE, url="https://127.0.0.1:9/ά"), "cannot be read", id="a letter no address has"),
        pytest.param(replace(IMAGE, url="https://127.0.0.1:x/"), "cannot be read", id="no port"),
        pytest.param(replace(IMAGE, url="https://[::1/x"), "cannot be read", id="a bracket that is not closed"),
    ],
)
def test_what_cannot_be_verified_is_not_kept(folder: Path, tmp_path: Path, image: Image, problem: str) -> None:
    kept = tmp_path / "kept"
    with pytest.raises(Failed, match=problem):
        local_file(image, folder, kept)
    assert list(kept.iterdir()) == []


@pytest.mark.parametrize("name", ["a #1.raw", "what?.raw", "100%25.raw", "εικόνα.raw", "two\nlines.raw", "a:b.raw"])
def test_an_image_in_the_citys_folder_has_any_name(folder: Path, tmp_path: Path, name: str) -> None:
    (folder / "base.raw").rename(folder / name)
    assert local_file(replace(IMAGE, url=f"file:{name}"), folder, tmp_path / "kept").read_bytes() == BYTES


def test_the_cache_follows_the_environment(tmp_path: Path) -> None:
    assert cache({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "asty" / "images"
    assert cache({}) == Path.home() / ".cache" / "asty" / "images"


def test_kept_bytes_are_verified_before_they_are_used(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    file = local_file(IMAGE, folder, kept)
    good = file.read_bytes()
    file.write_bytes(b"x" * len(good))
    assert local_file(IMAGE, folder, kept).read_bytes() == good, "fetched anew"
