"""Runs before PostgreSQL starts on a database host: sees to it that there is a cluster, and says who may connect to it.

The volume decides. A cluster that is on it starts as its own files say. One that would lead starts only where nobody
else can lead: nobody ever followed it, or the other site's cluster says that it follows. So an old leader that comes
back after the other was promoted stays down, and one that cannot ask waits.

On an empty volume a cluster is made beside its place and moved there once it is whole, so that a kill at any moment
leaves either no cluster or all of one, and never a copy that takes itself for a leader. What is made depends on the
other site's:

    it leads                 a copy of it, which follows it
    its volume is empty too  at the first of DATABASE_HOSTS an empty one, with role and database DATABASE; or it waits
    it follows, or is silent nobody here knows whether data are lost: this host waits, and its console says for what

Only a host itself knows that its volume is empty: until it has a cluster it says so at PostgreSQL's port (voice.py). A
port that refuses says nothing: PostgreSQL may only be starting behind it.

A person who knows that nobody else leads creates the file /var/lib/postgresql/lead-alone; it counts once.
"""

import enum
import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from voice import CERTIFICATE, KEY, TRUST, Voice, says_empty  # type: ignore[import-not-found, unused-ignore]

VOLUME = Path("/mnt/vdb")
CLUSTERS = Path("/var/lib/postgresql/15")
"""The image has it as a link to a folder of the volume."""
ALONE = Path("/var/lib/postgresql/lead-alone")
PART = "main.part"
KEPT = VOLUME / "copies"
"""Whose folder it is, its keeper (keeper.py) says."""
SCRATCH = VOLUME / "scratch"
"""Where the copies are restored as a test."""
RULES = Path("/run/database")
SAID = Path("/run/database-keeper")
CONSOLE = Path("/dev/console")
PROGRAMS = Path("/usr/lib/postgresql/15/bin")
MODE = 0o750
"""As initdb -g makes a cluster, whoever made this one: copies of it and of its log get the same, and their group, that
of the restorer, has to read them."""
SITES = ("datacentre", "recovery")
"""Under which name the other keeps log for this one, by its place in DATABASE_HOSTS."""
PORT = 5432
_CERTIFICATE = f"sslmode=verify-ca sslrootcert={TRUST} sslcert={CERTIFICATE} sslkey={KEY}"
_SOON = "connect_timeout=3 keepalives_idle=2 keepalives_interval=1 keepalives_count=3 tcp_user_timeout=5000"
_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,62}")
_TAKEN = frozenset({"postgres", "replicator", "keeper", "template0", "template1"})
_REWINDS = ("pg_ls_dir(text, boolean, boolean)", "pg_stat_file(text, boolean)", "pg_read_binary_file(text)")
_FORGET = """select pg_drop_replication_slot(slot_name) from pg_replication_slots
    where slot_name = '{slot}' and not active"""
_LOST = """select exists (select from pg_replication_slots where slot_name = '{slot}' and wal_status = 'lost')
    and not pg_is_in_recovery()"""
_READS_PARTS = "pg_read_binary_file(text, bigint, bigint, boolean)"


class WaitingError(Exception):
    """What this host waits for, in a sentence for its console."""


class Other(enum.Enum):
    """What the cluster of the other site is. EMPTY: its host says that its volume has none."""

    LEADS = enum.auto()
    FOLLOWS = enum.auto()
    EMPTY = enum.auto()
    UNKNOWN = enum.auto()


@dataclass(frozen=True)
class Host:
    """This one. `place` is its own in `hosts`, whose first is the data centre's."""

    service: str
    database: str
    server: str
    hosts: tuple[str, ...]
    place: int

    @property
    def other(self) -> "str | None":
        return next((host for host in self.hosts if host != self.hosts[self.place]), None)

    @property
    def slot(self) -> str:
        return SITES[self.place]

    def way(self, host: str) -> str:
        """How it connects to that host as a follower."""
        return f"host={host} port={PORT} user=replicator application_name={self.server} {_CERTIFICATE} {_SOON}"


def known(environment: Mapping[str, str], own: "frozenset[str]") -> Host:
    """By the cloud's metadata and this host's own addresses. Raises WaitingError."""
    database, service = environment.get("DATABASE", ""), environment.get("SERVICE", "")
    if not _NAME.fullmatch(database) or database in _TAKEN:
        raise WaitingError(f"the metadata name the database {database!r}, which is no name for one")
    hosts = tuple(str(ipaddress.ip_address(host)) for host in environment.get("DATABASE_HOSTS", "").split(",") if host)
    place = next((number for number, host in enumerate(hosts) if host in own), None)
    if place is None or place >= len(SITES):
        raise WaitingError(f"no address of this host is one of the database's ({', '.join(hosts) or 'none is named'})")
    return Host(service, database, environment.get("SERVER", "") or service, hosts, place)


def addresses() -> "frozenset[str]":
    """Which this host has now: the cloud may plug its cable in while it starts."""
    told = subprocess.run(["/usr/sbin/ip", "-json", "address"], check=True, capture_output=True, text=True).stdout
    return frozenset(one["local"] for link in json.loads(told) for one in link.get("addr_info", ()))


def as_owner(*command: "str | Path", words: "str | None" = None) -> str:
    """As the cluster's owner; it does not outlive this program. Raises WaitingError with its last words."""
    owner = ("/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=KILL", "--")
    argv = [*owner, *map(str, command)]
    done = subprocess.run(argv, input=words, capture_output=True, text=True, check=False, cwd="/")  # noqa: S603 - a list
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        raise WaitingError(f"{Path(command[0]).name}: {said[:200]}")
    return done.stdout.strip()


def ask(way: str, statement: str) -> str:
    return as_owner(
        PROGRAMS / "psql", "-XAtqw", "-v", "ON_ERROR_STOP=1", "-d", f"{way} dbname=postgres", "-c", statement
    )


def of_other(host: Host, address: str) -> Other:
    """What stands at the other site, in its own words: who only refuses may be starting."""
    try:
        follows = ask(host.way(address), "select pg_is_in_recovery()")
    except WaitingError:
        return Other.EMPTY if says_empty(address, PORT, host.service) else Other.UNKNOWN
    return Other.FOLLOWS if follows == "t" else Other.LEADS


def rules(host: Host) -> None:
    """Who may connect: by a certificate of the service alone; to copy the cluster, only from its own two hosts."""
    lines = ["local all postgres peer", "local all all peer", "local replication keeper peer"]
    lines += [f"hostssl {host.database} {host.database} {every} cert map=service" for every in ("0.0.0.0/0", "::/0")]
    pair = [f"{one}/{ipaddress.ip_address(one).max_prefixlen}" for one in host.hosts]
    lines += [
        f"hostssl {base} replicator {one} cert map=service" for one in pair for base in ("replication", "postgres")
    ]
    names = [f"service {json.dumps(host.service)} {json.dumps(who)}" for who in (host.database, "replicator")]
    for file, kept in (("pg_hba.conf", lines), ("pg_ident.conf", names)):
        part = RULES / f"{file}.part"
        part.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        part.chmod(0o644)
        part.replace(RULES / file)


def cluster(host: Host) -> None:
    """Have one that may start. Raises WaitingError."""
    if (CLUSTERS / "main/PG_VERSION").exists():
        may_start(host)
        return
    part = CLUSTERS / PART
    if left := remains():
        raise WaitingError(
            f"{CLUSTERS}/main is missing, and {', '.join(left)} beside it: a person has to say which counts"
        )
    shutil.rmtree(part, ignore_errors=True)
    make = maker(host)
    make(host, part)
    os.sync()
    part.rename(CLUSTERS / "main")
    os.sync()


def remains() -> list[str]:
    """What the volume has of any cluster; of one that is only being made nothing counts."""
    return sorted(path.name for path in CLUSTERS.iterdir() if path.name != PART)


def may_start(host: Host) -> None:
    """Raises WaitingError where another may lead by now. One that follows, and cannot any more, is copied anew."""
    main = CLUSTERS / "main"
    followed = any((main / "pg_replslot" / site).exists() for site in SITES)
    if (main / "standby.signal").exists():
        if host.other is not None and lost(host, host.other):
            replaced(host)
        return
    if not followed or host.other is None or told_to_lead():
        return
    other = of_other(host, host.other)
    if other is Other.LEADS:
        raise WaitingError(f"the cluster at {host.other} leads, so this one may not; let it follow by a drill")
    if other is Other.UNKNOWN:
        raise WaitingError(f"{host.other} does not say that it follows; where it cannot lead, create {ALONE} here")


def lost(host: Host, leader: str) -> bool:
    """Whether the leader has removed log that this follower needs: then it never comes to follow again by itself."""
    try:
        return ask(host.way(leader), _LOST.format(slot=host.slot)) == "t"
    except WaitingError:
        return False


def replaced(host: Host) -> None:
    """By a new copy of the leader, made beside it; without one it starts as it is. The old data stay until the next."""
    part, old = CLUSTERS / PART, CLUSTERS / "main.lost"
    shutil.rmtree(part, ignore_errors=True)
    try:
        copied(host, part)
    except WaitingError as waiting:
        say(f"cannot be copied anew, though its leader lost the log that it needs: {waiting}")
        return
    shutil.rmtree(old, ignore_errors=True)
    os.sync()
    (CLUSTERS / "main").rename(old)
    part.rename(CLUSTERS / "main")
    os.sync()
    say("was copied anew: its leader had lost the log that it needs")


def told_to_lead() -> bool:
    """A person's word, once."""
    told = ALONE.exists()
    ALONE.unlink(missing_ok=True)
    return told


def maker(host: Host) -> "Callable[[Host, Path], None]":
    """How the cluster is made. Raises WaitingError where that is not known."""
    other = Other.EMPTY if host.other is None else of_other(host, host.other)
    if other is Other.LEADS:
        return copied
    if host.place == 0 and (other is Other.EMPTY or told_to_lead()):
        return begun
    if other is Other.FOLLOWS:
        raise WaitingError(f"the cluster at {host.other} follows a leader that is not here; promote it by a drill")
    if host.place == 0:
        raise WaitingError(f"{host.other} does not answer, so it may have data; where it has none, create {ALONE} here")
    raise WaitingError(f"no cluster leads at {host.other}, so there is nothing to follow yet")


def begun(host: Host, part: Path) -> None:
    """An empty cluster, with the service's role and database."""
    as_owner(
        *(PROGRAMS / "initdb", "-D", part, "-N", "-k", "-g", "-E", "UTF8", "--locale=C.UTF-8", "-U", "postgres"),
        *("--auth-local=peer", "--auth-host=reject"),
    )
    grants = ", ".join(f"pg_catalog.{one}" for one in (*_REWINDS, _READS_PARTS))
    statements = (
        f'create role "{host.database}" login;',
        "create role replicator login replication;",
        "create role keeper login replication;",
        "grant pg_monitor, pg_read_all_data to keeper;",
        f"grant execute on function {grants} to replicator;",
        f'create database "{host.database}" owner "{host.database}";',
    )
    alone = (PROGRAMS / "postgres", "--single", "-D", part, "-c", "exit_on_error=on", "postgres")
    as_owner(*alone, words="".join(f"{statement}\n" for statement in statements))


def copied(host: Host, part: Path) -> None:
    """A copy of the other, which will follow it from the moment of the copy on."""
    way = host.way(str(host.other))
    ask(way, _FORGET.format(slot=host.slot))
    copy = ("-X", "stream", "-c", "fast", "-R", "-C", "-S", host.slot, "--no-sync")
    as_owner(PROGRAMS / "pg_basebackup", "-w", "-D", part, "-d", way, *copy)


def folders() -> None:
    """Where the cluster and its rules lie. Raises WaitingError until the volume is there: no other disk will do."""
    if not os.path.ismount(VOLUME):
        raise WaitingError(f"no volume is at {VOLUME} yet")
    for folder in (CLUSTERS.resolve(), KEPT, SCRATCH, RULES):
        folder.mkdir(mode=0o755, exist_ok=True)
    shutil.chown(CLUSTERS.resolve(), "postgres", "postgres")
    shutil.chown(KEPT, "keeper", "restorer")
    KEPT.chmod(0o2750)
    shutil.chown(SCRATCH, "restorer", "restorer")
    SCRATCH.chmod(0o700)
    for name in ("standing.json", "points.json"):
        link = RULES / name
        link.unlink(missing_ok=True)
        link.symlink_to(SAID / name)


def prepare(voice: Voice) -> None:
    folders()
    host = known(os.environ, addresses())
    rules(host)
    voice.speak(host.hosts[host.place], PORT, host.service)
    cluster(host)
    (CLUSTERS / "main").chmod(MODE)


def say(sentence: str) -> None:
    """In the journal, and on the console, whose log the cloud shows."""
    print(sentence, flush=True)  # noqa: T201 - for the journal
    with CONSOLE.open("a", encoding="utf-8") as console:
        console.write(f"database: {sentence}\n")


def main() -> None:
    said = ""
    with Voice(lambda: not remains()) as voice:
        while True:
            try:
                prepare(voice)
            except WaitingError as waiting:
                if (sentence := f"waits: {waiting}") != said:
                    say(sentence)
                said = sentence
                time.sleep(1)
            else:
                return


if __name__ == "__main__":
    sys.exit(main())
