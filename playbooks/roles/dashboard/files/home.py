"""Runs before asty does, as root: the folder that asty keeps things in is on the host's volume, where it has one."""

import shutil
from pathlib import Path

HOME, VOLUME = Path("/var/lib/asty"), Path("/mnt/vdb")
"""Tests put others here."""
USER = "asty"


def main() -> None:
    state = HOME / "state"
    kept = VOLUME / "asty" if VOLUME.is_mount() else state
    kept.mkdir(mode=0o700, exist_ok=True)
    shutil.chown(kept, USER, USER)
    if kept != state and not state.is_symlink():
        shutil.rmtree(state, ignore_errors=True)  # from before it had the volume, and of no use without its past
        state.symlink_to(kept)


if __name__ == "__main__":
    main()
