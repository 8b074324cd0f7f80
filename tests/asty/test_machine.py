from dataclasses import replace
from pathlib import Path

import pytest

from asty.letters import LETTERS
from asty.machine import Facts, Finding, inspect, judge, memory_gb
from asty.workspace import find
from lab.left_out import LeftOut
from lab.system import Need

FRR = Need(package="frr", why="a real router", shown_by=Path("/usr/lib/frr/zebra"))
WELL = Facts(
    python=(3, 11),
    programs={name: f"/usr/bin/{name}" for name in ("git", "make", "uv", "apt-get", "sudo")},
    root=False,
    left_out=None,
    memory_gb=16.0,
    disk_gb=100.0,
    packages=((FRR, True),),
    letters=(),
    chromium="/usr/bin/chromium",
    pulumi="/usr/bin/pulumi",
    taken_ports=(),
)
NO_NAMESPACES = LeftOut(part="the real routers", reason="no namespaces here", remedy="Run where root may.")
NO_SUDO = {name: path for name, path in WELL.programs.items() if name != "sudo"}


def missing(facts: Facts) -> dict[str, Finding]:
    return {finding.thing: finding for finding in judge(facts) if not finding.met}


def test_a_machine_that_has_it_all() -> None:
    assert missing(WELL) == {}


@pytest.mark.parametrize(
    ("facts", "thing", "blocking", "remedy"),
    [
        pytest.param(replace(WELL, python=(3, 9)), "python", True, "Debian 12", id="an old Python"),
        pytest.param(
            replace(WELL, programs={**WELL.programs, "git": None}), "git", True, "apt-get install git", id="no git"
        ),
        pytest.param(replace(WELL, programs={**WELL.programs, "uv": None}), "uv", False, "by pip", id="no uv"),
        pytest.param(
            replace(WELL, packages=((FRR, False),)),
            "package frr",
            False,
            "does it by itself",
            id="a package that can be installed",
        ),
        pytest.param(
            replace(WELL, packages=((FRR, False),), programs=NO_SUDO),
            "package frr",
            True,
            "apt-get install --no-install-recommends frr",
            id="a package that this user may not install",
        ),
        pytest.param(replace(WELL, programs=NO_SUDO), "root or sudo", False, "sudo", id="neither root nor sudo needed"),
        pytest.param(
            replace(WELL, packages=((FRR, False),), programs=NO_SUDO),
            "root or sudo",
            True,
            "sudo",
            id="neither root nor sudo, and needed",
        ),
        pytest.param(
            replace(WELL, left_out=NO_NAMESPACES),
            "namespaces",
            False,
            "Run where root may. Until then `asty up` leaves both out",
            id="a container that makes no namespaces",
        ),
        pytest.param(replace(WELL, pulumi=None), "pulumi", False, "builds it", id="no pulumi yet"),
        pytest.param(replace(WELL, letters=LETTERS), "letters", False, "drill report --pdf", id="no letters"),
        pytest.param(replace(WELL, chromium=None), "chromium", False, "apt-get install chromium", id="no browser"),
        pytest.param(replace(WELL, memory_gb=2.0), "memory", False, "6 GiB", id="little memory"),
        pytest.param(replace(WELL, disk_gb=1.0), "disk", False, "8 GiB", id="little disk"),
        pytest.param(replace(WELL, taken_ports=(15_000,)), "ports", True, "--base-port", id="somebody on our port"),
    ],
)
def test_what_is_missing_and_how_to_get_it(facts: Facts, thing: str, blocking: bool, remedy: str) -> None:  # noqa: FBT001 - a table
    found = missing(facts)[thing]
    assert found.blocking is blocking
    assert remedy in found.remedy
    assert found.needed_for


def test_root_needs_no_sudo() -> None:
    assert missing(replace(WELL, root=True, programs=NO_SUDO, packages=((FRR, False),))).keys() == {"package frr"}


@pytest.mark.parametrize("kept", [pytest.param(True, id="as after the first make"), pytest.param(False, id="before")])
def test_uv_is_found_where_make_puts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, kept: bool) -> None:
    uv = tmp_path / "cache" / "asty" / "uv" / "0.13.9" / "bin" / "uv"
    if kept:
        uv.parent.mkdir(parents=True)
        uv.write_text("#!/bin/sh\n")
        uv.chmod(0o755)
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    workspace = find({"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}, name="lab", city="example")
    facts = inspect(workspace, lab_is_ours=True)
    assert facts.programs["uv"] == (str(uv) if kept else None)
    assert ("uv" in missing(facts)) is not kept


def test_memory_is_what_can_be_had() -> None:
    meminfo = "MemTotal:       25165824 kB\nMemFree:          524288 kB\nMemAvailable:    8388608 kB\n"
    assert memory_gb(meminfo) == 8.0


def test_every_finding_has_stable_keys() -> None:
    keys = {"thing", "needed_for", "met", "blocking", "found", "remedy"}
    assert all(set(finding.as_json()) == keys for finding in judge(WELL))
