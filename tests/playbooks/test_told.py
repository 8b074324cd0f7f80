"""What a host of the city's own does with what its operators tell it."""

import hashlib
import io
import os
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.playbooks.files import ROLES, Program, program

ROOT = Path(__file__).parents[2]


def tar(files: Mapping[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as out:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.type, entry.linkname = len(content), kind, "/etc/passwd"
            out.addfile(entry, io.BytesIO(content))
    return written.getvalue()


@pytest.fixture
def take(tmp_path: Path) -> Program:
    found = program("dashboard", "take")
    found.HOME, found.USER, found.SERVICE = tmp_path, os.getgid(), tmp_path / "service.env"
    return found


def told(take: Program, content: bytes) -> None:
    take.take(content, hashlib.sha256(content).hexdigest())


def test_what_is_told_takes_the_place_of_what_was(take: Program, tmp_path: Path) -> None:
    told(take, tar({"code/one.py": b"1", "city/a.yaml": b"a"}))
    told(take, tar({"code/two.py": b"2"}))
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*.py"))] == ["told/code/two.py"]
    assert list((tmp_path / "told" / "code" / "__pycache__").glob("two.*.pyc"))
    assert not (tmp_path / "told" / "city").exists() and not (tmp_path / "told.old").exists()
    assert (tmp_path / "digest").read_text().strip() == hashlib.sha256(tar({"code/two.py": b"2"})).hexdigest()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(tar({"../out": b"1"}), id="beside it"),
        pytest.param(tar({"/etc/out": b"1"}), id="somewhere else"),
        pytest.param(tar({"link": b""}, tarfile.SYMTYPE), id="a link"),
    ],
)
def test_what_is_no_plain_file_within_it_changes_nothing(take: Program, tmp_path: Path, content: bytes) -> None:
    told(take, tar({"code/one.py": b"1"}))
    with pytest.raises(ValueError, match="plain file"):
        told(take, content)
    assert (tmp_path / "told" / "code" / "one.py").read_bytes() == b"1"


def test_what_is_not_whole_changes_nothing(take: Program, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not whole"):
        take.take(tar({"code/one.py": b"1"})[:-1], hashlib.sha256(tar({"code/one.py": b"1"})).hexdigest())
    assert not (tmp_path / "told").exists()


def test_asty_is_started_anew_and_nothing_else_that_the_host_does(take: Program, tmp_path: Path) -> None:
    (tmp_path / "service.env").write_text('PORT="443"\nROLES="monitoring,vault,files"\n')
    assert take.roles() == ["monitoring"]
    told = {one.parent.parent.name for one in ROLES.glob("*/files/*.service") if "asty/told" in one.read_text()}
    assert told == take.RUN_BY_IT


def test_what_asty_keeps_is_on_the_volume_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = program("dashboard", "home")
    home.HOME, home.VOLUME, home.USER = tmp_path / "asty", tmp_path / "vdb", os.getuid()
    home.HOME.mkdir()
    home.VOLUME.mkdir()
    home.main()
    assert (home.HOME / "state").is_dir() and not (home.HOME / "state").is_symlink()
    monkeypatch.setattr(Path, "is_mount", lambda path: path == home.VOLUME)
    home.main()
    home.main()
    assert (home.HOME / "state").resolve() == home.VOLUME / "asty"


def test_the_image_has_what_asty_needs_as_the_lock_says() -> None:
    """`uv export --locked --only-group post --no-emit-project --no-annotate --no-header` writes the file."""
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    kept = (ROLES / "dashboard" / "files" / "requirements.txt").read_text(encoding="utf-8")
    pinned = [line.split(" ")[0].partition("==") for line in kept.splitlines() if "==" in line and line[0].isalpha()]
    assert len(pinned) > 20
    for name, _, version in pinned:
        assert f'name = "{name}"\nversion = "{version}"\n' in lock, name


def test_asty_loads_with_nothing_but_what_hosts_have() -> None:
    """Whoever watches or shows a city needs no cloud, no device's shell and no lab."""
    forbidden = [
        "pulumi",
        "openstack",
        "keystoneauth1",
        "fabric",
        "paramiko",
        "netmiko",
        "ansible",
        "lab",
        "drs",
        "infra",
    ]
    done = subprocess.run(
        ["/usr/bin/env", f"PYTHONPATH={ROOT}", str(ROOT / ".venv/bin/python"), "-c", _LOADS, *forbidden],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


_LOADS = """
import importlib.abc, sys
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1:]:
            raise ImportError(f"{name} is not on a host")
sys.meta_path.insert(0, Absent())
import asty.__main__, asty.verbs.poll, asty.verbs.serve, asty.watching, asty.showing, asty.screen
"""


def test_one_unit_starts_astys_verbs_as_a_user_of_its_own() -> None:
    for role, units in {"dashboard": ["dashboard"], "monitoring": ["poller", "monitoring"]}.items():
        for unit in units:
            text = (ROLES / role / "files" / f"{unit}.service").read_text(encoding="utf-8")
            assert "User=asty\n" in text and f"PartOf=role-{role}.target\n" in text and "NoNewPrivileges=yes" in text
    needed = yaml.safe_load((ROLES / "monitoring" / "meta" / "main.yml").read_text(encoding="utf-8"))["dependencies"]
    assert needed == [{"role": "dashboard"}]
