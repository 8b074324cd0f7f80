"""What can be done with a guest; each may be repeated, and begun again after it was cut short anywhere.

A guest runs where a process is in its control group: nothing else is asked, and nothing else remembers it.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from threading import Lock

from city.errors import Failed, Refused
from lab import cells
from lab.hosts import cable, image, operators, seed, vendor_data
from lab.hosts.cgroup import INNER, OUTER, Groups
from lab.hosts.folder import GuestFolder, HostsFolder
from lab.hosts.guest import Guest, Volume
from lab.openstack.drivers import disk

_START = Path(__file__).with_name("start.sh")
_POWER_OFF = signal.SIGRTMIN + 4
"""What systemd as process 1 takes for "power off in order" (systemd(1))."""
_KILL_S = 30.0
_BOOT_S = 60.0
_ASK_AGAIN_S = 1.0
_CONSOLE_LIMIT = 1024 * 1024
_POLL_S = 0.01


class State(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Life:
    """The guests of one lab, and the groups of the machine that they are in."""

    home: HostsFolder
    groups: Groups = field(default_factory=Groups)
    children: dict[str, int] = field(default_factory=dict)
    """The shells around the guests that this process started: it has to reap them."""
    fetching: Lock = field(default_factory=Lock)

    def create(self, guest: Guest) -> None:
        """Make it and start it. Raises InvalidInput or Failed where no host can start from its image."""
        folder = self.home.of(guest.id)
        folder.keep(guest)
        with self.fetching:
            image.fetch(self.home.glance_file(guest.region, guest.image), guest.image, self.home.images)
        disk.make(folder.disk, guest.disk_gb)
        self.start(guest.id, guest.volumes, guest.name_servers)

    def start(self, guest_id: str, volumes: Sequence[Volume], name_servers: Sequence[str]) -> None:
        """Switch it on, with what it has now. One that runs stays as it is."""
        if self.state(guest_id) is not State.STOPPED:
            return
        folder = self.home.of(guest_id)
        guest = replace(self._known(guest_id), volumes=tuple(volumes), name_servers=tuple(name_servers))
        self._only_its_own(guest, volumes)
        folder.keep(guest)
        seed.sow(folder, guest, operators.public(self.home.params), vendor_data.text(self.home.params, guest))
        self.settle(folder.name)
        cells.add(folder.name)
        self.groups.make(folder.name, guest.memory_mb)
        self._launch(folder, guest)
        self._await_first(folder)

    def stop(self, guest_id: str, patience_s: float) -> None:
        """Let it shut down in order within `patience_s`, else cut its power; 0 cuts it at once."""
        folder = self.home.of(guest_id)
        if patience_s > 0 and self.state(guest_id) is State.RUNNING:
            self._shut_down(folder.name, patience_s)
        self.cut_power(guest_id)

    def cut_power(self, guest_id: str) -> None:
        """First nothing runs, then no link is up, then nothing is left: peers see silence, as of a dead machine."""
        self.clear(self.home.of(guest_id).name)

    def clear(self, name: str) -> None:
        """The same, for whatever bears the name of a guest on this machine."""
        if self.groups.processes(name):
            self.groups.freeze(name)
            cable.pull(name)
            self._kill(name)
        self.settle(name)

    def pause(self, guest_id: str) -> None:
        self.groups.freeze(self.home.of(guest_id).name)

    def unpause(self, guest_id: str) -> None:
        self.groups.thaw(self.home.of(guest_id).name)

    def resize(self, guest_id: str, compute_host: str, memory_mb: int, disk_gb: int) -> None:
        """Give a guest that is off its new memory and room; a disk that is larger stays."""
        if self.state(guest_id) is not State.STOPPED:
            raise Refused(f"server {guest_id}", "it runs, so its disk cannot be resized", "Stop it first.")
        folder = self.home.of(guest_id)
        folder.keep(
            replace(self._known(guest_id), compute_host=compute_host, memory_mb=memory_mb, disk_gb=max(1, disk_gb))
        )
        disk.grow(folder.disk, max(1, disk_gb))

    def delete(self, guest_id: str) -> None:
        """Cut its power and remove all of it; its volumes stay."""
        self.cut_power(guest_id)
        self.home.of(guest_id).remove()
        self.forget_images()

    def forget_images(self) -> None:
        """Remove those that no guest was made from."""
        with self.fetching:
            kept = [guest.image.digest for folder in self.home.all() if (guest := folder.kept()) is not None]
            image.forget_unused(self.home.images, kept)

    def recover(self) -> None:
        """After this machine or whoever did this work ended in the middle: nothing is left that no guest has."""
        for folder in self.home.all():
            self.settle(folder.name)
            if folder.kept() is None:
                folder.remove()
        self.forget_images()

    def attach(self, guest_id: str, volume: Volume) -> None:
        """Show the volume in the guest, now if it runs, and at each start."""
        guest, folder = self._known(guest_id), self.home.of(guest_id)
        for other in guest.volumes:
            if other.place == volume.place and other.id != volume.id:
                raise Refused(f"volume {volume.id}", f"{other.id} is at {volume.place}", "Choose another place.")
        self._only_its_own(guest, [volume])
        others = tuple(other for other in guest.volumes if other.id != volume.id)
        folder.keep(replace(guest, volumes=(*others, volume)))
        if starter := self.groups.starter(folder.name):
            place = f"{folder.path}/tree/root{volume.place}"
            if not _mounted(starter, place):
                options = "loop,noatime,nobarrier,nosuid,nodev"
                _inside(starter, "mkdir", "-p", place)
                _inside(starter, "mount", "-o", options, str(self.home.volume(guest.region, volume.id)), place)

    def detach(self, guest_id: str, volume_id: str) -> None:
        """Take the volume from the guest. Raises Failed where a program in it still uses it."""
        guest, folder = self._known(guest_id), self.home.of(guest_id)
        if starter := self.groups.starter(folder.name):
            for volume in guest.volumes:
                place = f"{folder.path}/tree/root{volume.place}"
                if volume.id == volume_id and _mounted(starter, place):
                    _inside(starter, "umount", place)
        folder.keep(replace(guest, volumes=tuple(volume for volume in guest.volumes if volume.id != volume_id)))

    def state(self, guest_id: str) -> State:
        name = self.home.of(guest_id).name
        if not self.groups.processes(name):
            return State.STOPPED
        return State.PAUSED if self.groups.frozen(name) else State.RUNNING

    def console(self, guest_id: str) -> str:
        """The end of what it wrote on its console."""
        try:
            with self.home.of(guest_id).console.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _CONSOLE_LIMIT))
                return log.read().decode("utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def settle(self, name: str) -> None:
        """Of a guest without a process, remove what it had on the machine."""
        if not self.groups.processes(name):
            if child := self.children.pop(name, None):
                os.waitpid(child, 0)
            self.groups.remove(name)
            cells.remove(name)

    def _known(self, guest_id: str) -> Guest:
        guest = self.home.of(guest_id).kept()
        if guest is None:
            raise Refused(f"server {guest_id}", "no host was made of it", "Rebuild it.")
        return guest

    def _only_its_own(self, guest: Guest, volumes: Sequence[Volume]) -> None:
        """Raises Refused for a volume that another guest has: a file system that two write is none any more."""
        wanted = {volume.id for volume in volumes}
        others = (folder for folder in self.home.all() if wanted and folder.id != guest.id)
        for folder in others:
            other = folder.kept()
            held = wanted & {volume.id for volume in other.volumes} if other and other.region == guest.region else ()
            if other and held and self.groups.processes(folder.name):
                thing, remedy = f"volume {min(held)}", "Detach it there first."
                raise Refused(thing, f"server {other.hostname} ({other.id}) has it", remedy)

    def _launch(self, folder: GuestFolder, guest: Guest) -> None:
        """The shell is our child, or after our end that of process 1, and the guest goes on."""
        _shorten(folder.console)
        parts = ("\n".join(map(str, self.groups.entrances(folder.name, part))) for part in (OUTER, INNER))
        volumes = [
            word for volume in guest.volumes for word in (self.home.volume(guest.region, volume.id), volume.place)
        ]
        argv = (
            *("/usr/bin/unshare", "--mount", "--propagation", "slave", "/bin/sh", str(_START)),
            *(str(folder.path), str(self.home.images / guest.image.digest), folder.name, guest.hostname, *parts),
            *map(str, volumes),
        )
        with folder.console.open("ab") as console:
            self.children[folder.name] = os.posix_spawn(
                argv[0],
                argv,
                {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, console.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, console.fileno(), 2),
                ],
                setsid=True,
            )

    def _await_first(self, folder: GuestFolder) -> None:
        """Until process 1 is there. Raises Failed with the last words of a guest that ends before."""
        deadline = time.monotonic() + _BOOT_S
        while self.groups.first(folder.name) is None:
            if _ended(self.children[folder.name]) or time.monotonic() > deadline:
                words = self.console(folder.id).strip().splitlines()[-3:]
                self.cut_power(folder.id)
                raise Failed(f"server {folder.id}", f"it does not start: {' '.join(words)}", f"Read {folder.console}.")
            time.sleep(_POLL_S)

    def _shut_down(self, name: str, patience_s: float) -> None:
        """Asked again each second: a process 1 that only begins to boot hears nothing yet, and one that ends, once."""
        deadline = time.monotonic() + patience_s
        asked = -_ASK_AGAIN_S
        while self.groups.processes(name) and (now := time.monotonic()) < deadline:
            if now - asked > _ASK_AGAIN_S and (first := self.groups.first(name)):
                _send(first, _POWER_OFF)
                asked = now
            time.sleep(_POLL_S)

    def _kill(self, name: str) -> None:
        """A frozen process of version 1 dies when it thaws, and gets to do nothing before (freezer-subsystem.rst)."""
        deadline = time.monotonic() + _KILL_S
        while left := self.groups.processes(name):
            for pid in left:
                _send(pid, signal.SIGKILL)
            self.groups.thaw(name, INNER)
            self.groups.thaw(name)
            if time.monotonic() > deadline:
                raise Failed(f"process {left[0]}", "it does not end", "Look whether it hangs in the kernel (state D).")
            time.sleep(_POLL_S)


def _ended(child: int) -> bool:
    """Whether it waits to be reaped; it goes on waiting."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _inside(starter: int, *command: str) -> None:
    """Run it where the guest's mounts are made. Raises Failed with its words."""
    argv = ["/usr/bin/nsenter", f"--mount=/proc/{starter}/ns/mnt", "--", *command]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603 - a list; what varies is a path of the lab's
    if done.returncode:
        raise Failed(command[0], done.stderr.strip(), "Look which program of the guest uses it.")


def _mounted(starter: int, place: str) -> bool:
    table = Path(f"/proc/{starter}/mountinfo").read_text(encoding="utf-8").splitlines()
    return any(line.split()[4] == place for line in table)


def _shorten(console: Path) -> None:
    """Keep the end of it, so that a guest that starts often does not fill this machine."""
    if console.exists() and console.stat().st_size > _CONSOLE_LIMIT:
        with console.open("rb") as log:
            log.seek(-_CONSOLE_LIMIT // 4, os.SEEK_END)
            kept = log.read()
        console.write_bytes(kept)
