import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from city.errors import Failed
from lab import daemon
from lab.daemon import Daemon
from tests.waiting import until


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    """Daemons in the test's own folder; none of them outlives it."""
    made: list[Daemon] = []

    def make_one(*argv: str, name: str = "part", by: tuple[str, ...] = ()) -> Daemon:
        one = Daemon(
            name=name,
            argv=argv or ("/bin/sleep", "600"),
            pid_file=tmp_path / "run" / f"{name}.pid",
            log=tmp_path / "log" / f"{name}.log",
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin"},
            by=by,
        )
        made.append(one)
        return one

    yield make_one
    daemon.kill(one.pid_file for one in made)


def test_a_daemon_is_found_again_and_stopped(make: Callable[..., Daemon]) -> None:
    part = make()
    started = daemon.start(part)
    assert daemon.find(part.pid_file) == started
    assert started.memory_mb > 0
    daemon.stop([part.pid_file])
    assert started.memory_mb == 0, "what has ended holds none"
    assert daemon.find(part.pid_file) is None and not part.pid_file.exists()


def test_it_outlives_the_program_that_started_it(make: Callable[..., Daemon], tmp_path: Path) -> None:
    part = make()
    program = (
        "import sys; from pathlib import Path; from lab.daemon import Daemon, start\n"
        "pid, log, cwd = map(Path, sys.argv[1:])\n"
        "start(Daemon(name='part', argv=('/bin/sleep', '600'), pid_file=pid, log=log, cwd=cwd, env={}))\n"
    )
    arguments = [str(part.pid_file), str(part.log), str(tmp_path)]
    subprocess.run([sys.executable, "-c", program, *arguments], check=True, timeout=60)
    found = daemon.find(part.pid_file)
    assert found is not None
    assert os.getsid(found.pid) != os.getsid(0)


def test_one_that_another_program_starts_is_found_in_a_session_of_its_own(make: Callable[..., Daemon]) -> None:
    """As sudo does, and ends."""
    part = make(by=("/bin/sh", "-c", '"$@"', "stands-for-sudo"))
    started = daemon.start(part)
    assert daemon.find(part.pid_file) == started
    assert os.getsid(started.pid) != os.getsid(0)
    until(lambda: Path(f"/proc/{started.pid}/comm").read_text(encoding="utf-8") == "sleep\n")
    assert part.pid_file.stat().st_mode & 0o777 == 0o644, "whoever asked for it finds it again"


def test_one_that_another_program_refuses_to_start_is_told_with_its_log(make: Callable[..., Daemon]) -> None:
    part = make(by=("/bin/sh", "-c", "echo you may not >&2; exit 1"))
    with pytest.raises(Failed, match="it did not start") as failed:
        daemon.start(part)
    assert str(part.log) in failed.value.remedy and "you may not" in part.log.read_text(encoding="utf-8")


def test_a_recycled_pid_is_not_taken_for_ours(make: Callable[..., Daemon]) -> None:
    part = make()
    daemon.start(part)
    stat, boot = part.pid_file.read_text(encoding="utf-8").splitlines()
    fields = stat.split()
    fields[21] = str(int(fields[21]) - 1)
    part.pid_file.with_name("other.pid").write_text(f"{' '.join(fields)}\n{boot}\n", encoding="utf-8")
    assert daemon.find(part.pid_file.with_name("other.pid")) is None
    daemon.stop([part.pid_file.with_name("other.pid")])
    assert daemon.find(part.pid_file) is not None, "another's process was left alone"


def test_a_pid_file_from_before_the_last_boot_is_stale(make: Callable[..., Daemon]) -> None:
    part = make()
    daemon.start(part)
    good = part.pid_file.read_text(encoding="utf-8")
    part.pid_file.write_text(f"{good.splitlines()[0]}\nanother-boot\n", encoding="utf-8")
    assert daemon.find(part.pid_file) is None
    part.pid_file.write_text(good, encoding="utf-8")


@pytest.mark.parametrize("content", ["", "\n", "42\n", "x y z\nboot\n", "1 (init) S\nboot\n"])
def test_a_torn_pid_file_names_nobody(tmp_path: Path, content: str) -> None:
    file = tmp_path / "torn.pid"
    file.write_text(content, encoding="utf-8")
    assert daemon.find(file) is None


def test_what_was_killed_from_outside_is_seen_as_gone(make: Callable[..., Daemon]) -> None:
    part = make()
    started = daemon.start(part)
    os.kill(started.pid, signal.SIGKILL)
    until(lambda: daemon.find(part.pid_file) is None)
    assert daemon.start(part) != started


def test_what_ignores_the_request_to_end_is_killed(make: Callable[..., Daemon], tmp_path: Path) -> None:
    script = 'trap "" TERM; echo > deaf; while :; do read -r _ < fifo; done'
    os.mkfifo(tmp_path / "fifo")
    part = make("/bin/sh", "-c", script)
    started = daemon.start(part)
    until((tmp_path / "deaf").exists)
    daemon.stop([part.pid_file], patience_s=0.2)
    assert not started.alive


def test_an_orderly_program_is_given_the_time_to_end(make: Callable[..., Daemon], tmp_path: Path) -> None:
    script = 'trap "echo > ended; exit" TERM; echo > ready; while :; do sleep 0.05; done'
    part = make("/bin/sh", "-c", script)
    daemon.start(part)
    until((tmp_path / "ready").exists)
    daemon.stop([part.pid_file])
    assert (tmp_path / "ended").exists()


def test_a_program_that_is_not_there_is_seen_as_gone_and_its_log_says_why(make: Callable[..., Daemon]) -> None:
    part = make("/nowhere/program")
    with contextlib.suppress(Failed):  # raised where the shell ended before it was looked at
        daemon.start(part)
    until(lambda: daemon.find(part.pid_file) is None)
    assert "not found" in part.log.read_text(encoding="utf-8")


def test_arguments_reach_the_program_as_they_are(make: Callable[..., Daemon], tmp_path: Path) -> None:
    odd = "$(touch owned); `touch owned` 'x' \"y\" *"
    part = make("/bin/sh", "-c", 'printf %s "$1" > told; exec sleep 600', "sh", odd)
    daemon.start(part)
    until(lambda: (tmp_path / "told").exists() and (tmp_path / "told").read_text(encoding="utf-8") != "")
    assert (tmp_path / "told").read_text(encoding="utf-8") == odd
    assert not (tmp_path / "owned").exists()


def test_a_log_that_outgrew_its_limit_is_kept_once(make: Callable[..., Daemon]) -> None:
    part = make()
    part.log.parent.mkdir(parents=True)
    part.log.write_bytes(b"x" * (4 * 1024 * 1024 + 1))
    daemon.start(part)
    assert part.log.stat().st_size == 0
    assert part.log.with_suffix(".log.1").stat().st_size > 4 * 1024 * 1024
