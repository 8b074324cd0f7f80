"""The installer of the services' environment: which uv is run, and what is told where there is none."""

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


def test_the_uv_that_runs_us_comes_first_then_that_on_path_then_that_of_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_make = program(tmp_path / "cache" / "asty" / "uv" / "bin" / "uv")
    assert environment.uv() == of_make
    on_path = program(tmp_path / "bin" / "uv")
    assert environment.uv() == on_path
    monkeypatch.setenv("UV", "/elsewhere/uv")
    assert environment.uv() == "/elsewhere/uv"


def test_without_any_uv_it_is_told_who_installs_it() -> None:
    assert environment.uv() is None
    with pytest.raises(Failed, match=r"uv: it is not found\. Run `make up`, which installs it by pip"):
        environment.run_uv("venv")
