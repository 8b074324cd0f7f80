"""Guests need more of the kernel than it allows by itself: it is asked for once, and whoever starts them is told."""

from pathlib import Path

import pytest

from lab.hosts import limits


@pytest.mark.parametrize(("before", "after"), [(128, limits.WANTED), (limits.WANTED, limits.WANTED), (65536, 65536)])
def test_a_low_limit_is_raised_and_a_higher_one_stays(tmp_path: Path, before: int, after: int) -> None:
    file = tmp_path / "max_user_instances"
    file.write_text(f"{before}\n")
    limits.widen(file)
    assert limits.allowed(file) == after


def test_a_machine_that_does_not_let_root_say_so_goes_on_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "max_user_instances"
    file.write_text("128\n")

    def read_only(*_: object, **__: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_text", read_only)
    limits.widen(file)
    assert limits.allowed(file) == 128


def test_whoever_starts_guests_is_told_what_changed_or_what_to_change() -> None:
    assert "now allows root 8192 instances of inotify (128 before)" in limits.told(128, 8192)
    assert limits.told(128, 128).endswith("sysctl fs.inotify.max_user_instances=8192")
    assert limits.told(8192, 8192) == ""
