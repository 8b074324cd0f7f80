"""Whether any file of a volume changed is told without reading one: whatever a new copy would have otherwise."""

import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.playbooks.files import ROLES

Seen = Callable[[Path], str]


@pytest.fixture(scope="module")
def fingerprint() -> Iterator[Seen]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROLES / "files/files"))
        found: Seen = importlib.import_module("fingerprint").fingerprint
        yield found


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    for name in ("deep/er/one", "two", ".files/state.json", "vault/x", "cache/y", "tagged/z"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "cache" / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    (tmp_path / "tagged" / "CACHEDIR.TAG").write_text("not signed")
    (tmp_path / "link").symlink_to("two")
    return tmp_path


def same_times(file: Path, text: str) -> None:
    """As whoever wants to hide it: of the same length, with the time of before."""
    seen = file.stat()
    file.write_text(text)
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def another_link(link: Path) -> None:
    link.unlink()
    link.symlink_to("deep")


CHANGES: dict[str, Callable[[Path], object]] = {
    "other words": lambda at: (at / "two").write_text("three"),
    "other words in no other time": lambda at: same_times(at / "two", "owt"),
    "one more deep below": lambda at: (at / "deep/er/more").write_text(""),
    "one less": lambda at: (at / "deep/er/one").unlink(),
    "another name": lambda at: (at / "two").rename(at / "three"),
    "other rights": lambda at: (at / "two").chmod(0o600),
    "an empty folder": lambda at: (at / "empty").mkdir(),
    "a link elsewhere": lambda at: another_link(at / "link"),
    "in a folder that only looks like a cache": lambda at: (at / "tagged/z").write_text("other"),
    "no cache any more": lambda at: (at / "cache/CACHEDIR.TAG").write_text("x"),
    "a name that is no text": lambda at: (at / os.fsdecode(b"\xff")).write_text(""),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_tells(fingerprint: Seen, volume: Path, change: Callable[[Path], object]) -> None:
    before = fingerprint(volume)
    assert fingerprint(volume) == before
    change(volume)
    assert fingerprint(volume) != before


def test_what_no_copy_has_tells_nothing(fingerprint: Seen, volume: Path) -> None:
    before = fingerprint(volume)
    (volume / "cache/y").write_text("other")
    (volume / ".files/state.json").write_text("other")
    (volume / "vault/more").write_text("")
    (volume / "two").read_text()
    assert fingerprint(volume) == before
    (volume / "deep/vault").mkdir()
    assert fingerprint(volume) != before, "of that name at the top alone"


def test_what_goes_while_it_is_looked_at_stops_nothing(
    fingerprint: Seen, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def later(folder: str) -> object:
        found = scandir(folder)
        (volume / "two").unlink(missing_ok=True)
        if (volume / "deep/er").exists() and folder.endswith("/deep"):
            (volume / "deep/er/one").unlink()
            (volume / "deep/er").rmdir()
        return found

    monkeypatch.setattr(os, "scandir", later)
    assert fingerprint(volume)
    monkeypatch.undo()
    assert not (volume / "two").exists() and not (volume / "deep/er").exists()
