"""The services' environment: which uv builds it, what is told where there is none, and when it is built anew."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from city.errors import Failed
from lab.openstack import environment


def program(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.fixture(autouse=True)
def nothing_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_uv_that_runs_us_comes_first_then_the_newest_of_make_then_that_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = program(tmp_path / "bin" / "uv")
    assert environment.uv() == on_path
    of_make = program(tmp_path / "cache" / "asty" / "uv" / "0.13.9" / "bin" / "uv")
    older = program(tmp_path / "cache" / "asty" / "uv" / "0.9.30" / "bin" / "uv")
    os.utime(older, (0, 0))
    assert environment.uv() == of_make
    monkeypatch.setenv("UV", "/elsewhere/uv")
    assert environment.uv() == "/elsewhere/uv"


def test_without_any_uv_it_is_told_who_installs_it() -> None:
    assert environment.uv() is None
    with pytest.raises(Failed, match=r"uv: it is not found\. Run `make up`, which installs it by pip"):
        environment.run_uv("venv")


def built(arguments: Sequence[str]) -> None:
    """What `uv venv … FOLDER` leaves there, as far as it matters here."""
    if arguments[0] == "venv":
        program(Path(arguments[-1]) / "bin" / "python")


def test_it_is_built_once_and_anew_where_the_python_it_was_built_on_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(environment, "ensure", lambda _needs, _report: None)
    monkeypatch.setattr(environment, "run_uv", lambda *arguments: built(arguments))
    folder = environment.provide(told.append)
    assert len(told) == 2, "installing, installed"
    (folder / "lib").mkdir()
    assert environment.provide(told.append) == folder
    assert len(told) == 2
    assert (folder / "lib").exists()
    python = folder / "bin" / "python"
    python.unlink()
    python.symlink_to(tmp_path / "a-python-of-before")
    assert "gcc" in {need.package for need in environment.needs()}, "what builds it is needed again"
    assert environment.provide(told.append) == folder
    assert len(told) == 4
    assert not (folder / "lib").exists(), "nothing of the one before"
    assert "gcc" not in {need.package for need in environment.needs()}
