"""What becomes of a template that was being made, and of those that nobody uses. A sleeping process is its database."""

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from lab import daemon
from lab.openstack import database, folders, region, regions, template
from lab.openstack.environment import cache_home
from lab.openstack.spec import RegionSpec, kept_specs

pytestmark = pytest.mark.slow

_KILLED_WHILE_MAKING = """\
import os, pickle, sys
from pathlib import Path
from unittest.mock import patch
from lab.daemon import Daemon, start
from lab.openstack import database, folders, region, template

def begin(spec):
    start(Daemon(name="db", argv=("/bin/sleep", "600"), pid_file=spec.pid_file(region.MARIADB),
                 log=spec.logs / "db.log", cwd=spec.folder, env={}))
    os.kill(os.getpid(), 9)

spec = pickle.loads(sys.stdin.buffer.read())
with (patch.object(template, "_digest", return_value="0"), patch.object(folders, "prepare"),
      patch.object(database, "create"), patch.object(region, "start_database", begin)):
    template.ensure(spec, Path("/nowhere"), print)
"""


@pytest.fixture
def ours(tmp_path: Path, spec: RegionSpec, monkeypatch: pytest.MonkeyPatch) -> RegionSpec:
    """A region of a lab and a cache that are this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return replace(spec, params=replace(spec.params, root=tmp_path / "lab"))


@pytest.fixture
def left(ours: RegionSpec) -> Iterator[daemon.Process]:
    """The database of the template that a lab was making when it was killed."""
    done = subprocess.run([sys.executable, "-c", _KILLED_WHILE_MAKING], input=pickle.dumps(ours), check=False)
    assert done.returncode == -9
    (file,) = ours.params.root.rglob(f"{region.MARIADB}.pid")
    process = daemon.find(file)
    assert process is not None
    yield process
    daemon.kill([file])


def test_down_ends_a_template_that_was_being_made(ours: RegionSpec, left: daemon.Process) -> None:
    assert left.alive
    regions.down(ours.params)
    assert not left.alive


@pytest.mark.parametrize("made", [False, True], ids=["to be made again", "made by another lab meanwhile"])
def test_the_next_run_begins_without_what_the_last_one_left(
    ours: RegionSpec, left: daemon.Process, *, made: bool
) -> None:
    def make(_plan: RegionSpec, _environment: Path, file: Path) -> None:
        assert not left.alive and kept_specs(ours.params) == ()
        file.touch()

    cache = cache_home() / "openstack"
    if made:
        (cache / "region-0.tar.zst").touch()
    with patch.object(template, "_digest", return_value="0"), patch.object(template, "_make", make):
        assert template.ensure(ours, Path("/nowhere"), print) == cache / "region-0.tar.zst"
    assert not left.alive and kept_specs(ours.params) == ()


def test_templates_that_nobody_uses_go_when_a_new_one_is_made(ours: RegionSpec) -> None:
    cache = cache_home() / "openstack"
    cache.mkdir(parents=True)
    month = time.time() - 31 * 24 * 3600
    for name in ("region-old.tar.zst", "region-used.tar.zst", "environment"):
        (cache / name).touch()
        os.utime(cache / name, (month, month))

    def make(_plan: RegionSpec, _environment: Path, file: Path) -> None:
        file.touch()

    with patch.object(template, "_make", make):
        with patch.object(template, "_digest", return_value="used"):
            template.ensure(ours, Path("/nowhere"), print)
        assert (cache / "region-old.tar.zst").exists(), "none was made"
        with patch.object(template, "_digest", return_value="new"):
            template.ensure(ours, Path("/nowhere"), print)
    there = {path.name for path in cache.iterdir() if path.suffix != ".lock"}
    assert there == {"region-used.tar.zst", "region-new.tar.zst", "environment"}


def test_a_template_is_a_region_of_the_lab_while_it_is_made(ours: RegionSpec) -> None:
    def begun(spec: RegionSpec) -> None:
        assert kept_specs(ours.params) == (spec,)
        raise KeyboardInterrupt

    with (
        patch.object(template, "_digest", return_value="0"),
        patch.object(folders, "prepare"),
        patch.object(database, "create"),
        patch.object(region, "start_database", begun),
        pytest.raises(KeyboardInterrupt),
    ):
        template.ensure(ours, Path("/nowhere"), print)
    assert kept_specs(ours.params) == ()
