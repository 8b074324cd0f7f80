"""A snapshot of a disk that a guest writes to is of one moment."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.openstack.drivers import disk, moment

pytestmark = pytest.mark.slow
_WRITER = """
import os, sys
files = [os.open(f"{sys.argv[1]}/{name}", os.O_WRONLY | os.O_CREAT) for name in ("one", "two")]
number = 0
while True:
    number += 1
    for file in files:  # two is never ahead of one, and neither is ever empty again
        os.pwrite(file, b"%012d" % number, 0)
        os.fsync(file)
    if number == 1:
        print("both are there", flush=True)
"""


@dataclass(frozen=True)
class Written:
    """`last` is what is written last, as the writer has it."""

    file: Path
    last: Path

    def goes_on(self) -> None:
        """Returns once something more was written, however busy the machine's disk is."""
        before, deadline = self.last.read_bytes(), time.monotonic() + 120
        while self.last.read_bytes() == before:
            assert time.monotonic() < deadline, "nobody writes"
            time.sleep(0.01)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    """A disk to which somebody writes, mounted where only the writer sees it."""
    file, place = tmp_path / "disk.img", tmp_path / "place"
    disk.make(file, 1)
    place.mkdir()
    script = f'mount -o loop,nobarrier "{file}" "{place}" && exec "{sys.executable}" -c "$0" "{place}"'
    argv = ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script, _WRITER]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None and writer.stdout.readline(), "it writes"
        yield Written(file, Path(f"/proc/{writer.pid}/root{place}/two"))
        writer.kill()


def content(file: Path, place: Path) -> dict[str, int]:
    """Mounted read-only and without replay of its journal: what is there is there by itself."""
    place.mkdir()
    script = f'mount -o loop,ro,noload "{file}" "{place}" && cat "{place}/one" && echo && cat "{place}/two"'
    told = subprocess.run(
        ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    return dict(zip(("one", "two"), map(int, told), strict=True))


def test_a_disk_that_is_written_to_is_copied_as_of_a_moment_and_goes_on_being_written(
    written: Written, tmp_path: Path
) -> None:
    written.goes_on()
    moment.copy(written.file, tmp_path / "first")
    first = content(tmp_path / "first", tmp_path / "at-first")
    assert first["one"] - 1 <= first["two"] <= first["one"]
    command = ["/usr/sbin/e2fsck", "-n", "-f", str(tmp_path / "first")]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0, (
        "the file system is whole, without its journal"
    )
    written.goes_on()
    written.goes_on()
    moment.copy(written.file, tmp_path / "second")
    assert content(tmp_path / "second", tmp_path / "at-second")["one"] > first["one"], "it was let go"


def test_whoever_asked_for_the_copy_may_be_killed_and_the_disk_is_let_go(written: Written, tmp_path: Path) -> None:
    asked = (
        "import sys, pathlib; from lab.openstack.drivers import moment; moment.copy(*map(pathlib.Path, sys.argv[1:]))"
    )
    argv = [sys.executable, "-c", asked, str(written.file), str(tmp_path / "copy")]
    for _ in range(5):
        with subprocess.Popen(argv, cwd=Path(moment.__file__).parents[3], process_group=0) as asker:
            time.sleep(0.15)
            os.killpg(asker.pid, 9)
    written.goes_on()
    moment.copy(written.file, tmp_path / "first")
    written.goes_on()
    written.goes_on()
    moment.copy(written.file, tmp_path / "second")
    first, second = (content(tmp_path / name, tmp_path / f"at-{name}")["one"] for name in ("first", "second"))
    assert second > first


def test_two_copies_of_a_disk_are_made_one_after_the_other(written: Written, tmp_path: Path) -> None:
    line = os.open(written.last.parent, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.ioctl(line, moment.HOLD, 0)
    letting_go = threading.Timer(0.5, fcntl.ioctl, (line, moment.LET_GO, 0))
    letting_go.start()
    moment.copy(written.file, tmp_path / "copy")
    letting_go.join()
    os.close(line)
    assert content(tmp_path / "copy", tmp_path / "at-copy")["one"] > 0


def test_a_disk_that_nobody_has_mounted_is_copied_as_it_is(tmp_path: Path) -> None:
    disk.make(tmp_path / "disk.img", 1)
    moment.copy(tmp_path / "disk.img", tmp_path / "copy.img")
    assert (tmp_path / "copy.img").read_bytes()[:4096] == (tmp_path / "disk.img").read_bytes()[:4096]
    with pytest.raises(OSError, match="could not be copied"):
        moment.copy(tmp_path / "nothing", tmp_path / "copy.img")
