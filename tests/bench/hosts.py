"""What hosts cost: `python -m tests.bench.hosts [GUESTS]`, as root. Without OpenStack: lab.hosts on this machine.

Prints the size of the base image; then for each guest, one after the other, seconds from the request to process 1 and
to sshd's banner on its own loopback; the same for all at once after a power cut; and what the machine's memory lost.
"""

import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address
from pathlib import Path

from lab.hosts import base_image, leftovers
from lab.hosts.folder import HostsFolder
from lab.hosts.guest import Guest, Image
from lab.hosts.life import Life
from lab.params import LabParams

_GUESTS = 10


def main(guests: int) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        params = LabParams(
            name="b", root=Path(folder) / "lab", base_port=27_400, base_address=IPv4Address("127.119.0.0"), hosts=True
        )
        params.claim()
        home = HostsFolder(params)
        home.make()
        life = Life(home)
        try:
            _measure(life, guests)
        finally:
            for found in list(home.all()):
                life.delete(found.id)
            leftovers.remove(life)


def _measure(life: Life, count: int) -> None:
    base = base_image.provide(print)
    _say(f"base image: {base.stat().st_size / 2**20:.1f} MiB")
    guests = [_guest(life.home, base, index) for index in range(count)]
    before = _available_mb()
    singly = []
    for guest in guests:
        begun = time.monotonic()
        life.create(guest)
        made = time.monotonic() - begun
        singly.append((made, _banner(life, guest, begun)))
    _print("created one after the other", singly)
    time.sleep(5)
    _say(f"memory: {(before - _available_mb()) / count:.1f} MB per idle guest of {count}")
    begun = time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda guest: life.cut_power(guest.id), guests))
    _say(f"power cut of {count} at once: {time.monotonic() - begun:.2f} s")
    begun = time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        together = list(pool.map(lambda guest: _started(life, guest, begun), guests))
    _print("started all at once", together)


def _guest(home: HostsFolder, base: Path, index: int) -> Guest:
    with base.open("rb") as file:
        image = Image(
            id=str(uuid.UUID(int=1)), algorithm="sha512", digest=hashlib.file_digest(file, "sha512").hexdigest()
        )
    place = home.glance_file("R", image)
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        subprocess.run(["/bin/cp", str(base), str(place)], check=True)
    return Guest(
        id=str(uuid.uuid4()),
        region="R",
        compute_host="c",
        hostname=f"bench-{index}",
        image=image,
        memory_mb=512,
        disk_gb=10,
        drive={"openstack/latest/meta_data.json": json.dumps({"public_keys": {}})},
    )


def _started(life: Life, guest: Guest, begun: float) -> tuple[float, float]:
    life.start(guest.id, (), ())
    made = time.monotonic() - begun
    return made, _banner(life, guest, begun)


def _banner(life: Life, guest: Guest, begun: float) -> float:
    """Seconds since `begun` when sshd greets, asked inside the guest's own network namespace from a forked child."""
    namespace = Path("/run/netns") / life.home.of(guest.id).name
    argv = ["/usr/bin/nsenter", f"--net={namespace}", sys.executable, "-c", _BANNER_LOOP]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


_BANNER_LOOP = """
import socket, time
while True:
    try:
        with socket.create_connection(("127.0.0.1", 22), 1) as line:
            if line.recv(4) == b"SSH-": break
    except OSError: time.sleep(0.01)
"""


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - its output


def _available_mb() -> float:
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024
    raise ValueError("meminfo has no MemAvailable (proc(5))")


def _print(what: str, seconds: Sequence[tuple[float, float]]) -> None:
    for name, values in zip(("process 1", "ssh banner"), zip(*seconds, strict=True), strict=True):
        _say(f"{what}, {name}: median {statistics.median(values):.2f} s, worst {max(values):.2f} s, n={len(values)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _GUESTS)
