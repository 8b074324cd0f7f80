"""How far a standby is behind: `python -m tests.bench.databases [SECONDS]`, as root. Without OpenStack.

Two hosts of role `database`, started from the lab's image, with the lab's own relay of tun(4) between them.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path, PurePosixPath

from lab.hosts import authority, golden_image, leftovers
from lab.hosts.folder import HostsFolder
from lab.hosts.guest import Guest, Image, Volume
from lab.hosts.life import Life
from lab.net import weather
from lab.net.backbone import WAN
from lab.net.weather import Way, Weather
from lab.openstack.drivers import disk
from lab.params import LabParams
from tests.lab.hosts.conftest import in_glance

RATE, CLIENTS, SECONDS = 200, 4, 60
ROUND_TRIPS_MS = (0, 20)
ABOUT = f"""## How far a standby is behind

One pair of PostgreSQL 15 as the role `database` makes it: two hosts of the lab, TLS, a slot, asynchronous. pgbench on
the primary wants {RATE} commits of one row a second, by {CLIENTS} connections on its own socket, for {SECONDS} s.
Between the hosts stands the lab's relay, which holds each packet back for half of the round trip. Behind is
the age of the last commit that the standby has replayed, by the clock that both hosts have from the one kernel, asked
20 times a second: it counts the time until the next commit too, {1000 / RATE:g} ms on average. The primary's
replay_lag is what the primary itself sees, the way back included."""
_HEAD = (
    "| round trip, as pinged, ms | commits a second | a commit takes, ms | behind: median, 99 %, worst, ms"
    " | replay_lag: median, 99 %, worst, ms |"
)
_ADDRESSES = {"datacentre": "10.61.3.14", "recovery": "10.61.4.14"}
_IP = "/usr/sbin/ip"
_EACH_S = 0.05
_BEHIND = "select extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())"
_LAG = "select extract(epoch from replay_lag) from pg_stat_replication"
_TABLE = (
    "create table if not exists marks(number bigint generated always as identity primary key,"
    " token text unique not null, at timestamptz not null default now(), server text)"
)
_WRITE = "insert into marks(token, server) values (md5(random()::text || clock_timestamp()::text), 'bench');\n"


@dataclass(frozen=True, slots=True)
class Pair:
    """Both hosts, by site."""

    life: Life
    guests: dict[str, Guest]

    def name(self, site: str) -> str:
        return self.life.home.of(self.guests[site].id).name

    def argv(self, site: str, *command: str) -> list[str]:
        """The command inside the host, as the owner of its database."""
        first = self.life.groups.first(self.name(site))
        inside = ("--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd=/")
        return ["/usr/bin/nsenter", f"--target={first}", *inside, "runuser", "-u", "postgres", "--", *command]

    def says(self, site: str, statement: str, database: str = "portal") -> str:
        """Empty while nobody answers."""
        psql = self.argv(site, "psql", "-XAtqw", "-d", database, "-c", statement)
        return subprocess.run(psql, capture_output=True, text=True, check=False).stdout.strip()

    def sampling(self, site: str, statement: str, seconds: float) -> "subprocess.Popen[str]":
        """Asks again and again, by one connection; its numbers are what it writes."""
        with tempfile.TemporaryFile("w+") as turns:
            turns.write(f"{statement};\nselect from pg_sleep({_EACH_S});\n" * int(seconds / _EACH_S))
            turns.seek(0)
            psql = self.argv(site, "psql", "-XAtqw", "-d", "portal")
            return subprocess.Popen(psql, stdin=turns, stdout=subprocess.PIPE, text=True)


def table(seconds: float = SECONDS) -> list[str]:
    with _pair() as (params, pair):
        return [_HEAD, "|---|---|---|---|---|", *(_row(params, pair, each, seconds) for each in ROUND_TRIPS_MS)]


def _row(params: LabParams, pair: Pair, round_trip_ms: float, seconds: float) -> str:
    way = Way(delay_s=round_trip_ms / 2000)
    weather.declare(params, Weather(there=way, back=way))
    time.sleep(2)
    pinged = _pinged(pair)
    bench = ("/usr/lib/postgresql/15/bin/pgbench", "-n", "-R", str(RATE), "-c", str(CLIENTS), "-f", "-")
    begun = subprocess.Popen(
        pair.argv("datacentre", *bench, "-T", f"{seconds:.0f}", "portal"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    behind = pair.sampling("recovery", _BEHIND, seconds - 4)
    lag = pair.sampling("datacentre", _LAG, seconds - 4)
    told, _ = begun.communicate(_WRITE)
    if begun.returncode:
        raise RuntimeError(f"pgbench ended with {begun.returncode}")
    commits, latency = _after(told, "tps = "), _after(told, "latency average = ")
    figures = [_figures(_numbers(each)) for each in (behind, lag)]
    return f"| {pinged:.1f} | {commits:.0f} | {latency:.1f} | {figures[0]} | {figures[1]} |"


def _pinged(pair: Pair) -> float:
    """The median of twenty."""
    ping = ("/usr/bin/ping", "-n", "-c", "20", "-i", "0.05", _ADDRESSES["recovery"])
    argv = (_IP, "netns", "exec", pair.name("datacentre"), *ping)
    told = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return statistics.median(_after(line, "time=") for line in told.splitlines() if "time=" in line)


def _after(text: str, mark: str) -> float:
    return float(text.partition(mark)[2].split()[0])


def _numbers(psql: "subprocess.Popen[str]") -> list[float]:
    """In ms, from the third second on: before, nobody wrote yet."""
    told, _ = psql.communicate()
    numbers = [1000 * float(line) for line in told.splitlines() if line]
    return numbers[int(3 / _EACH_S) :]


def _figures(numbers: Sequence[float]) -> str:
    ordered = sorted(numbers)
    return f"{statistics.median(ordered):.1f}, {ordered[int(len(ordered) * 0.99)]:.1f}, {ordered[-1]:.1f}"


@contextmanager
def _pair() -> Iterator[tuple[LabParams, Pair]]:
    """Both hosts, one following the other; nothing of them is left."""
    image = golden_image.provide(_say)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, ExitStack() as ends:
        params = LabParams(
            name="d", root=Path(folder) / "lab", base_port=27_500, base_address=IPv4Address("127.118.0.0"), hosts=True
        )
        params.claim()
        home = HostsFolder(params)
        home.make()
        authority.make(params)
        life = Life(home)
        ends.callback(_remove, life)
        offered = in_glance(home, image)
        pair = Pair(life, {site: _host(home, offered, site) for site in _ADDRESSES})
        for site in _ADDRESSES:
            life.create(pair.guests[site])
        _connect(params, pair, ends)
        _until(lambda: pair.says("recovery", "select status from pg_stat_wal_receiver") == "streaming")
        pair.says("datacentre", _TABLE)
        _until(lambda: pair.says("recovery", "select count(*) from marks") == "0")
        yield params, pair


def _remove(life: Life) -> None:
    for found in list(life.home.all()):
        life.delete(found.id)
    leftovers.remove(life)


def _host(home: HostsFolder, image: Image, site: str) -> Guest:
    volume = Volume(id=str(uuid.uuid4()), place=PurePosixPath("/mnt/vdb"))
    disk.make(home.volume("RegionOne", volume.id), 1)
    meta = {
        "service": "portal",
        "site": site,
        "port": "5432",
        "roles": "database",
        "fqdn": "www.example.test",
        "database": "portal",
        "database_hosts": ",".join(_ADDRESSES.values()),
    }
    drive = {
        "meta_data": {"hostname": "portal-db", "name": "portal-db", "public_keys": {}, "meta": meta},
        "network_data": {"networks": [{"ip_address": _ADDRESSES[site]}]},
    }
    return Guest(
        id=str(uuid.uuid4()),
        region="RegionOne",
        compute_host="c",
        hostname="portal-db",
        image=image,
        memory_mb=512,
        disk_gb=10,
        drive={f"openstack/latest/{name}.json": json.dumps(told) for name, told in drive.items()},
        volumes=(volume,),
    )


def _connect(params: LabParams, pair: Pair, ends: ExitStack) -> None:
    """By the lab's relay, whose devices are in the hosts themselves."""
    spaces = [pair.name(site) for site in _ADDRESSES]
    relay = subprocess.Popen([sys.executable, "-m", "lab.net.relay", str(params.root), *spaces])
    ends.callback(relay.wait)
    ends.callback(relay.terminate)
    for (site, address), space in zip(_ADDRESSES.items(), spaces, strict=True):
        (other,) = (there for where, there in _ADDRESSES.items() if where != site)
        _until(lambda space=space: not _done("-n", space, "link", "set", WAN, "up"))  # type: ignore[misc]  # mypy infers no lambda with a default
        for words in (("address", "add", f"{address}/32", "dev", WAN), ("route", "add", other, "dev", WAN)):
            if _done("-n", space, *words):
                raise RuntimeError(f"ip {' '.join(words)} failed in {space}")


def _done(*words: str) -> int:
    return subprocess.run([_IP, *words], check=False, capture_output=True).returncode


def _until(condition: Callable[[], bool], patience_s: float = 240) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it never came to be")
        time.sleep(0.1)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - its progress


if __name__ == "__main__":
    print("\n".join(table(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)))  # noqa: T201 - its output
