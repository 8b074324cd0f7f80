"""The control group of a guest: its limits, every process in it, and whether they are frozen.

The group bears the name of the guest's network namespace: in each hierarchy of version 1, with the one of version 2
beside them that systemd calls hybrid, or in the single one of version 2. Two groups lie in it. `outer` holds the
shell that makes the guest's mounts and starts it again after a reboot; `inner` belongs to systemd-nspawn, which
divides it further, and version 2 lets no group hold both processes and groups.
Sources: cgroup-v1/freezer-subsystem.rst, cgroup-v1/memory.rst, cgroup-v2.rst of the kernel.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.net import names
from lab.params import LabParams

OUTER, INNER = "outer", "inner"
_VERSION_1 = ("systemd", "unified", "freezer", "memory", "pids", "cpuacct", "blkio")
_MOST_PROCESSES = 4096
_STARVE_STEP, _STARVE_STEPS = 2**20, 64
_STARVE_FROM = 8
"""So many steps are left: a system without room for one more process loses its process 1, not who asks for more."""


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups of this machine, below `root`; each method names the guest whose group it concerns."""

    root: Path = Path("/sys/fs/cgroup")

    @property
    def version_2(self) -> bool:
        return (self.root / "cgroup.controllers").exists()

    def make(self, name: str, memory_mb: int) -> None:
        """Have it, with at most so much memory; a group that is there gets the limit as well."""
        if self.version_2:
            (self.root / "cgroup.subtree_control").write_text("+memory +pids", encoding="ascii")
        for hierarchy in self._hierarchies():
            for part in (OUTER, INNER):
                (hierarchy / name / part).mkdir(parents=True, exist_ok=True)
        for file, value in self.limits(name, memory_mb):
            file.write_text(f"{value}\n", encoding="ascii")

    def can_slow(self, name: str) -> bool:
        """Whether the group is where the kernel holds back what its processes ask of a disk."""
        return self.version_2 or (self.root / "blkio" / name).is_dir()

    def slow(self, name: str, device: str, a_second: int | None) -> None:
        """Let it make at most so many requests a second of a block device (MAJOR:MINOR), reads and writes each.

        None: as many as it likes.
        """
        if self.version_2:
            (self.root / "cgroup.subtree_control").write_text("+io", encoding="ascii")
            most = "max" if a_second is None else str(a_second)
            (self.root / name / "io.max").write_text(f"{device} riops={most} wiops={most}\n", encoding="ascii")
            return
        for group in (self.root / "blkio" / name).rglob("tasks"):  # version 1 does not count what lies below
            for way in ("read", "write"):
                file = group.with_name(f"blkio.throttle.{way}_iops_device")
                file.write_text(f"{device} {a_second or 0}\n", encoding="ascii")

    def limits(self, name: str, memory_mb: int) -> tuple[tuple[Path, int], ...]:
        """Which file of the kernel's takes which value."""
        memory, pids = (self.root,) * 2 if self.version_2 else (self.root / "memory", self.root / "pids")
        limit = "memory.max" if self.version_2 else "memory.limit_in_bytes"
        return ((memory / name / limit, memory_mb * 2**20), (pids / name / "pids.max", _MOST_PROCESSES))

    def entrances(self, name: str, part: str) -> tuple[Path, ...]:
        """The files through which a process joins that part in every hierarchy."""
        return tuple(hierarchy / name / part / "cgroup.procs" for hierarchy in self._hierarchies())

    def processes(self, name: str) -> list[int]:
        """Every process of the guest, and of those that carry it, as this machine numbers them."""
        return [pid for file in self._tracking(name).rglob("cgroup.procs") for pid in _numbers(file)]

    def starter(self, name: str) -> int | None:
        """The shell around the guest: it leads a session of its own."""
        for pid in _numbers(self._tracking(name) / OUTER / "cgroup.procs"):
            with contextlib.suppress(ProcessLookupError):
                if os.getsid(pid) == pid:
                    return pid
        return None

    def first(self, name: str) -> int | None:
        """The guest's own process 1, as this machine numbers it."""
        for file in (self._tracking(name) / INNER).rglob("cgroup.procs"):
            for pid in _numbers(file):
                if _numbers_inside(pid)[1:] == ["1"]:
                    return pid
        return None

    def freeze(self, name: str, part: str = "") -> None:
        """All of it, as a pause does; or one part of it, of which `frozen` says nothing."""
        self._set_frozen(name, part, frozen=True)

    def thaw(self, name: str, part: str = "") -> None:
        self._set_frozen(name, part, frozen=False)

    def frozen(self, name: str) -> bool:
        file = self._tracking(name) / ("cgroup.freeze" if self.version_2 else "freezer.state")
        try:
            return file.read_text(encoding="ascii").strip() in {"1", "FROZEN", "FREEZING"}
        except FileNotFoundError:
            return False

    def hung(self, name: str) -> bool:
        """Whether the guest itself was frozen, whatever holds of all its group."""
        file = self._tracking(name) / INNER / ("cgroup.freeze" if self.version_2 else "freezer.self_freezing")
        try:
            return file.read_text(encoding="ascii").strip() == "1"
        except FileNotFoundError:
            return False

    def starve(self, name: str) -> None:
        """Leave it hardly more memory than its programs hold now, and what the kernel cannot do without.

        What it could drop counts as free: pages of files that are not in memory alone (memory.rst).
        """
        folder, limit = (
            (self._tracking(name), "memory.max")
            if self.version_2
            else (
                self.root / "memory" / name,
                "memory.limit_in_bytes",
            )
        )
        used = int((folder / ("memory.current" if self.version_2 else "memory.usage_in_bytes")).read_text("ascii"))
        dropped, shared = ("file", "shmem") if self.version_2 else ("total_cache", "total_shmem")
        held = dict(line.split() for line in (folder / "memory.stat").read_text("ascii").splitlines())
        left = used - int(held[dropped]) + int(held.get(shared, 0))
        for more in range(_STARVE_FROM, _STARVE_STEPS):
            with contextlib.suppress(OSError):  # version 1 refuses a limit that it cannot reach (EBUSY)
                (folder / limit).write_text(f"{left + more * _STARVE_STEP}\n", encoding="ascii")
                return

    def remove(self, name: str) -> None:
        """Remove the group where nobody is in it; what still ends in it keeps its part of it for the next time."""
        for hierarchy in self._hierarchies():
            inside = [path for path in (hierarchy / name).rglob("*") if path.is_dir()]
            for folder in [*sorted(inside, reverse=True), hierarchy / name]:
                with contextlib.suppress(OSError):
                    folder.rmdir()

    def marked(self, params: LabParams) -> set[str]:
        """Of the groups that bear this lab's mark."""
        pattern = f"{names.mark(params)}{names.DEVICE}*"
        return {path.name for hierarchy in self._hierarchies() for path in hierarchy.glob(pattern)}

    def _hierarchies(self) -> tuple[Path, ...]:
        if self.version_2:
            return (self.root,)
        return tuple(path for name in _VERSION_1 if (path := self.root / name).is_dir())

    def _tracking(self, name: str) -> Path:
        """A group that the guest itself cannot leave."""
        return (self.root if self.version_2 else self.root / "freezer") / name

    def _set_frozen(self, name: str, part: str, *, frozen: bool) -> None:
        with contextlib.suppress(FileNotFoundError):  # nobody is there to be frozen
            folder = self._tracking(name) / part
            if self.version_2:
                (folder / "cgroup.freeze").write_text(f"{frozen:d}", encoding="ascii")
            else:
                (folder / "freezer.state").write_text("FROZEN" if frozen else "THAWED", encoding="ascii")


def _numbers(file: Path) -> Iterator[int]:
    with contextlib.suppress(FileNotFoundError, OSError):
        yield from map(int, file.read_text(encoding="ascii").split())


def _numbers_inside(pid: int) -> list[str]:
    """Its number in each namespace of processes, from ours inwards (NSpid of proc(5))."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("NSpid:"):
                return line.split()[1:]
    return []
