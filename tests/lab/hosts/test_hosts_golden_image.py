"""The image that the lab's clouds offer: what it is made of, and that a lab keeps the one that it was made with."""

from pathlib import Path

import pytest

from infra.hosts import roles as declared
from lab.hosts import base_image, golden_image
from lab.params import LabParams


def made(folder: Path, content: str) -> Path:
    image = folder / f"{content}.squashfs"
    image.write_text(content)
    image.with_suffix(".status").write_text(f"packages of the {content}")
    image.with_suffix(".sha256").write_text(f"digest of the {content}")
    return image


def test_a_lab_keeps_the_image_that_it_was_made_with(
    tmp_path: Path, params: LabParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its servers run from it."""
    params.claim()
    params.image.with_suffix(".new").write_text("hal")
    for content in ("first", "second"):
        image = made(tmp_path, content)
        monkeypatch.setattr(golden_image, "provide", lambda _, image=image: image)
        golden_image.keep(params, print)
    assert params.image.read_text() == "first"
    assert params.image.with_suffix(".status").read_text() == "packages of the first"
    assert params.image.with_suffix(".sha256").read_text() == "digest of the first"


def test_every_role_that_a_host_can_start_is_in_it_and_what_every_host_is_comes_first() -> None:
    first, *others = golden_image.roles()
    assert first == "host"
    assert set(others) >= {"application", "broker", "dns", "mail", "radius", "web"}
    assert others == sorted(others)


def test_it_has_the_packages_that_its_roles_promise() -> None:
    promised = declared.promises(golden_image.roles()).values()
    assert {name for one in promised for name in one.packages} <= set(golden_image.packages())
    assert set(base_image.PACKAGES) <= set(golden_image.packages())


def test_another_role_or_another_program_makes_another_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golden_image, "REPOSITORY", tmp_path)
    monkeypatch.setattr(golden_image, "_PLAYBOOKS", tmp_path / "playbooks")
    monkeypatch.setattr(golden_image, "_PROGRAM", (tmp_path / "program.py",))
    monkeypatch.setattr(golden_image, "__file__", str(tmp_path / "program.py"))
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "program.py").touch()
    seen = {golden_image._made_of(Path("debian"))}
    for place in ("playbooks/image.yml", "program.py"):
        (tmp_path / place).write_text("other")
        seen.add(golden_image._made_of(Path("debian")))
    seen.add(golden_image._made_of(Path("another debian")))
    assert len(seen) == 4
