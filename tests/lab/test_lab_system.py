import os
import sys
import threading
from pathlib import Path

import pytest

from city.errors import Failed
from lab import system
from lab.system import Need, ensure

RECORDING = """\
#!/bin/sh
echo "$DEBIAN_FRONTEND $*" >> "{calls}"
case "$*" in *install*) {install} ;; esac
"""


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return tmp_path / "calls"


@pytest.fixture
def missing(tmp_path: Path) -> Need:
    return Need(package="thing", why="shows that it works", shown_by=tmp_path / "shown")


def apt(folder: Path, calls: Path, install: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an apt-get of ours first on PATH, and be root."""
    program = folder / "bin" / "apt-get"
    program.parent.mkdir()
    program.write_text(RECORDING.format(calls=calls, install=install), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def test_what_is_missing_is_announced_and_installed(
    tmp_path: Path, calls: Path, missing: Need, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt(tmp_path, calls, f"touch {missing.shown_by}", monkeypatch)
    said: list[str] = []
    ensure([missing], said.append)
    assert said == ["Debian package thing: shows that it works"]
    update, install = calls.read_text(encoding="utf-8").splitlines()
    assert update.startswith("noninteractive ") and update.endswith(" update")
    assert install.endswith(" install --yes --no-install-recommends thing")
    ensure([missing], said.append)
    assert len(said) == 1, "what is there is not installed again"


def test_who_installs_waits_until_another_process_of_ours_has_installed(
    tmp_path: Path, calls: Path, missing: Need, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs of pytest begin side by side on a machine that has nothing yet."""
    apt(tmp_path, calls, f"touch {missing.shown_by}", monkeypatch)
    monkeypatch.setattr(system, "_PACKAGES", tmp_path)
    waiting = threading.Thread(target=ensure, args=([missing], lambda _: None))
    with system.turn(tmp_path):
        waiting.start()
        waiting.join(0.2)
        assert not calls.exists()
    waiting.join()
    assert calls.exists()


def test_what_apt_cannot_do_says_what_a_person_can(
    tmp_path: Path, calls: Path, missing: Need, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt(tmp_path, calls, "echo 'E: no such package' >&2; exit 100", monkeypatch)
    with pytest.raises(Failed, match=r"no such package\. As root: apt-get install --no-install-recommends thing;"):
        ensure([missing], print)


@pytest.mark.parametrize("refusing", [True, False], ids=["sudo refuses", "there is no sudo"])
def test_without_root_the_exact_command_is_told(
    tmp_path: Path, missing: Need, monkeypatch: pytest.MonkeyPatch, *, refusing: bool
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    if refusing:
        (folder / "sudo").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (folder / "sudo").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    with pytest.raises(Failed, match=r"may not install them\. As root: apt-get install .* thing; then try again"):
        ensure([missing], print)


@pytest.mark.parametrize(
    ("allows", "person", "asked"),
    [
        pytest.param("*", False, ["--non-interactive"], id="sudo asks nobody"),
        pytest.param("--prompt=*", True, [], id="sudo asks a person"),
        pytest.param("--prompt=*", False, None, id="sudo would ask and nobody is there"),
        pytest.param("", True, None, id="sudo refuses the person, too"),
    ],
)
def test_sudo_is_used_where_it_works_and_asks_nobody_who_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allows: str, asked: list[str] | None, *, person: bool
) -> None:
    sudo = tmp_path / "bin" / "sudo"
    sudo.parent.mkdir()
    sudo.write_text(f'#!/bin/sh\ncase "$*" in {allows or "never"}) exit 0 ;; esac\nexit 1\n', encoding="utf-8")
    sudo.chmod(0o755)
    monkeypatch.setenv("PATH", str(sudo.parent))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: person)
    assert system.as_root() == (None if asked is None else [str(sudo), *asked])


def test_root_needs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert system.as_root() == []


def test_where_nothing_is_missing_nobody_is_asked(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    ensure([Need(package="python", why="runs this", shown_by=Path(sys.executable))], print)
    assert not calls.exists()


def test_the_headers_belong_to_the_python_that_runs() -> None:
    assert system.python_headers().parent.name == f"python{sys.version_info.major}.{sys.version_info.minor}"
