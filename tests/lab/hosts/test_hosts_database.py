"""The role `database` on two guests, one at each site, with a cable between them that is theirs alone."""

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import Any

import pytest

from infra.hosts.roles import promises
from lab.hosts import authority, golden_image
from lab.hosts.folder import HostsFolder
from lab.hosts.guest import Guest, Volume
from lab.params import LabParams
from tests.lab.hosts.conftest import Machine, machine_of, volume
from tests.waiting import until

pytestmark = pytest.mark.slow
ADDRESSES = {"datacentre": "10.61.1.14", "recovery": "10.61.2.14"}
MAIN = "/var/lib/postgresql/15/main"


@dataclass
class Pair:
    """Both database hosts of a service."""

    machine: Machine
    hosts: dict[str, Guest] = field(default_factory=dict)

    def make(self, site: str) -> None:
        """Its server with a new volume, switched on."""
        self.hosts[site] = database_host(self.machine, site, volume(self.machine.life.home, "/mnt/vdb"))
        self.machine.life.create(self.hosts[site])

    def start(self, site: str) -> None:
        self.machine.life.start(self.hosts[site].id, self.hosts[site].volumes, ())

    def rebuild(self, site: str) -> None:
        """A new server with the volume of the old one."""
        old = self.hosts[site]
        self.machine.life.delete(old.id)
        self.hosts[site] = database_host(self.machine, site, *old.volumes)
        self.machine.life.create(self.hosts[site])

    def plug(self, rate: str = "") -> None:
        """A cable between the two, as slow as `rate`, in the words of tc(8)."""
        ends = {site: self.machine.name(host) for site, host in self.hosts.items()}
        for end in ends.values():  # what the kernel has not yet removed of a cable whose other end went
            subprocess.run(["/usr/sbin/ip", "-n", end, "link", "delete", "db0"], check=False, capture_output=True)
        ip("link", "add", "db0", "netns", ends["datacentre"], "type", "veth", "peer", "db0", "netns", ends["recovery"])
        for site, end in ends.items():
            (other,) = (address for where, address in ADDRESSES.items() if where != site)
            ip("-n", end, "address", "add", f"{ADDRESSES[site]}/32", "dev", "db0")
            ip("-n", end, "link", "set", "db0", "up")
            ip("-n", end, "route", "add", other, "dev", "db0")
        if rate:
            slow = ("qdisc", "add", "dev", "db0", "root", "tbf", "rate", rate, "burst", "32kb", "latency", "400ms")
            subprocess.run(["/usr/sbin/tc", "-n", ends["datacentre"], *slow], check=True)

    def unplug(self) -> None:
        ip("-n", self.machine.name(self.hosts["datacentre"]), "link", "delete", "db0")

    def run(self, site: str, *command: str) -> str:
        return self.machine.run(self.hosts[site], *command)

    def active(self, site: str, unit: str) -> bool:
        try:
            return self.run(site, "systemctl", "is-active", unit) == "active"
        except subprocess.CalledProcessError:
            return False

    def psql(self, site: str, *words: str) -> str:
        """As its owner on the host. Raises CalledProcessError."""
        return self.run(site, "env", "--chdir=/", "runuser", "-u", "postgres", "--", "psql", "-XAtqw", *words)

    def says(self, site: str, statement: str, database: str = "portal") -> str:
        """What the database answers; empty while nobody does."""
        try:
            return self.psql(site, "-d", database, "-c", statement)
        except subprocess.CalledProcessError:
            return ""

    def console(self, site: str) -> str:
        return self.machine.life.console(self.hosts[site].id)

    def follows(self, site: str = "recovery") -> bool:
        return self.says(site, "select status from pg_stat_wal_receiver") == "streaming"

    def mark(self, site: str, token: str) -> None:
        self.says(site, "create table if not exists marks(token text)")
        assert self.says(site, f"insert into marks values ('{token}') returning token") == token  # noqa: S608 - own words

    def marks(self, site: str) -> set[str]:
        return set(self.says(site, "select token from marks").split())


def ip(*words: str) -> None:
    subprocess.run(["/usr/sbin/ip", *words], check=True)


def database_host(machine: Machine, site: str, *volumes: Volume) -> Guest:
    meta = {
        "service": "portal",
        "site": site,
        "port": "5432",
        "roles": "database",
        "fqdn": "www.example.test",
        "database": "portal",
        "database_hosts": ",".join(ADDRESSES.values()),
    }
    made = machine.guest(hostname="portal-db")
    drive = {
        **made.drive,
        "openstack/latest/meta_data.json": json.dumps({"name": "portal-db", "meta": meta}),
        "openstack/latest/network_data.json": json.dumps({"networks": [{"ip_address": ADDRESSES[site]}]}),
    }
    return replace(made, drive=drive, volumes=volumes)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    root = tmp_path_factory.mktemp("pair") / "lab"
    params = LabParams(name="t", root=root, base_port=17_460, base_address=IPv4Address("127.120.0.0"), hosts=True)
    params.claim()
    home = HostsFolder(params)
    home.make()
    authority.make(params)
    with machine_of(home, golden_image.provide(print)) as found:
        yield found


@pytest.fixture
def pair(machine: Machine) -> Iterator[Pair]:
    made = Pair(machine)
    yield made
    for host in made.hosts.values():
        machine.life.delete(host.id)


@pytest.fixture
def streaming(pair: Pair) -> Pair:
    for site in ADDRESSES:
        pair.make(site)
    pair.plug()
    until(pair.follows)
    return pair


def test_a_row_is_at_both_sites_and_the_second_takes_none(streaming: Pair) -> None:
    streaming.mark("datacentre", "one")
    until(lambda: streaming.marks("recovery") == {"one"})
    assert "read-only" in refusal(streaming, "recovery", "-d", "portal", "-c", "insert into marks values ('x')")
    assert streaming.says("datacentre", "select slot_name, active from pg_replication_slots") == "recovery|t"
    assert streaming.says("datacentre", "show data_checksums") == "on"
    assert streaming.says("datacentre", "select ssl, client_dn from pg_stat_ssl where client_dn is not null") == (
        "t|/CN=portal"
    )
    (promised,) = promises(["database"]).values()
    until(lambda: all(streaming.active(site, unit) for site in ADDRESSES for unit in promised.runs))


def refusal(pair: Pair, site: str, *words: str) -> str:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        pair.psql(site, *words)
    return str(refused.value.stderr)


@pytest.mark.parametrize(
    ("way", "problem"),
    [
        ("host={own} user=portal dbname=portal sslmode=require", "requires a valid client certificate"),
        ("host={own} user=portal dbname=portal sslmode=disable", "no pg_hba.conf entry"),
        ("host={own} user=postgres dbname=postgres {certificate}", "no pg_hba.conf entry"),
        ("host=127.0.0.1 user=replicator dbname=postgres {certificate}", "no pg_hba.conf entry"),
        ("host={other} user=keeper dbname=postgres {certificate}", "no pg_hba.conf entry"),
    ],
)
def test_nobody_connects_but_by_the_services_certificate_and_as_whom_it_may(
    streaming: Pair, way: str, problem: str
) -> None:
    certificate = "sslmode=verify-ca sslrootcert={0}/trust.pem sslcert={0}/chain.pem sslkey={0}/key.pem"
    told = way.format(
        own=ADDRESSES["datacentre"],
        other=ADDRESSES["recovery"],
        certificate=certificate.format("/etc/ssl/service"),
    )
    assert problem in refusal(streaming, "datacentre", "-d", told, "-c", "select 1")


def test_the_follower_comes_back_after_a_reboot_a_cut_and_on_another_server(streaming: Pair) -> None:
    pair = streaming
    pair.mark("datacentre", "before")
    pair.unplug()
    pair.mark("datacentre", "cut")
    pair.plug()
    until(lambda: "cut" in pair.marks("recovery"))
    pair.machine.life.stop(pair.hosts["recovery"].id, 30)
    pair.mark("datacentre", "off")
    pair.start("recovery")
    pair.plug()
    until(lambda: "off" in pair.marks("recovery"))
    pair.rebuild("recovery")
    pair.mark("datacentre", "rebuilt")
    pair.plug()
    until(lambda: pair.marks("recovery") == {"before", "cut", "off", "rebuilt"})
    assert pair.says("recovery", "select pg_is_in_recovery()") == "t"


@pytest.mark.parametrize("killed", ["pg_basebackup", "the host"])
def test_a_copy_that_was_killed_in_the_middle_never_leads_and_is_made_again(pair: Pair, killed: str) -> None:
    for site in ADDRESSES:
        pair.make(site)
    pair.plug(rate="8mbit")
    until(lambda: made(pair, "main.part/base/1"))
    if killed == "the host":
        pair.machine.life.cut_power(pair.hosts["recovery"].id)
        pair.start("recovery")
    else:
        pair.run("recovery", "pkill", "-KILL", "-x", "pg_basebackup")
    until(lambda: pair.active("recovery", "service-roles.service"))
    assert not made(pair, "postgresql/main")
    assert pair.says("recovery", "select 1") == ""
    if killed == "the host":
        pair.plug()
    else:
        pair.unplug()
        pair.plug()
    until(pair.follows)
    assert pair.says("recovery", "select pg_is_in_recovery()") == "t"
    assert pair.says("datacentre", "select slot_name, active from pg_replication_slots") == "recovery|t"


def made(pair: Pair, file: str) -> bool:
    """Whether the copy at the recovery site has got so far, beside its place or in it."""
    try:
        found = pair.run("recovery", "find", "/mnt/vdb/postgresql", "-path", f"*/{file}")
    except subprocess.CalledProcessError:
        return False
    return bool(found)


def test_an_old_leader_stays_down_while_the_other_leads_or_is_silent(streaming: Pair) -> None:
    pair = streaming
    pair.mark("datacentre", "kept")
    until(lambda: pair.marks("recovery") == {"kept"}, "the other site has the row before the first one is gone")
    pair.machine.life.cut_power(pair.hosts["datacentre"].id)
    assert pair.says("recovery", "select pg_promote(true, 30)") == "t"
    pair.mark("recovery", "new")
    pair.machine.life.pause(pair.hosts["recovery"].id)
    pair.start("datacentre")
    pair.plug()
    until(lambda: "does not say that it follows" in pair.console("datacentre"))
    pair.machine.life.unpause(pair.hosts["recovery"].id)
    until(lambda: f"the cluster at {ADDRESSES['recovery']} leads" in pair.console("datacentre"))
    assert pair.says("datacentre", "select 1") == ""
    pair.run("datacentre", "rm", "-r", MAIN)
    until(lambda: pair.follows("datacentre"))
    until(lambda: pair.marks("datacentre") == {"kept", "new"})


def test_an_empty_volume_at_the_data_centre_begins_nothing_new_where_the_other_follows(streaming: Pair) -> None:
    pair = streaming
    pair.machine.life.delete(pair.hosts["datacentre"].id)
    pair.make("datacentre")
    pair.plug()
    until(lambda: "follows a leader that is not here" in pair.console("datacentre"))
    assert pair.says("datacentre", "select 1") == ""


def test_the_copies_are_restored_and_nobody_of_the_database_can_remove_one(streaming: Pair) -> None:
    pair = streaming
    for number in range(20):
        pair.mark("datacentre", f"m{number}")
    until(lambda: standing(pair).get("restored_at") is not None)
    told = standing(pair)
    assert told["restore_good"] is True, told
    assert told["streams"] is True and told["in_recovery"] is True and told["archive_failing"] is False
    until(lambda: standing(pair, "datacentre").get("streams") is True)  # it looks every few seconds
    assert "backup_at" not in standing(pair, "datacentre")
    pair.says("datacentre", "alter role portal superuser")
    until(lambda: pair.says("recovery", "select rolsuper from pg_roles where rolname = 'portal'") == "t")
    certificate = "sslmode=verify-ca sslrootcert={0}/trust.pem sslcert={0}/chain.pem sslkey={0}/key.pem"
    way = f"host={ADDRESSES['recovery']} user=portal dbname=portal {certificate.format('/etc/ssl/service')}"
    remove = "copy (select 1) to program 'id >&2; rm -rf /mnt/vdb/copies/base/* /mnt/vdb/copies/log /mnt/vdb/copies'"
    assert "failed" in refusal(pair, "datacentre", "-d", way, "-c", remove)
    before = pair.run("recovery", "sh", "-c", "cd /mnt/vdb/copies/base && cat */backup_manifest | sha256sum")
    for damage in ("rm -rf /mnt/vdb/copies", "mv /mnt/vdb/copies /mnt/vdb/gone", "ls /mnt/vdb/copies"):
        with pytest.raises(subprocess.CalledProcessError):
            pair.run("recovery", "env", "--chdir=/", "runuser", "-u", "postgres", "--", "sh", "-c", damage)
    assert pair.run("recovery", "sh", "-c", "cd /mnt/vdb/copies/base && cat */backup_manifest | sha256sum") == before


_EVIL = """
create function evil(marks) returns text language plpgsql security definer as $$ begin
  execute $c$copy (select 1) to program
    'id -un > /tmp/was-$(id -un); cd /mnt/vdb/copies && { touch owned; rm -rf base log told.json; }; true'$c$;
  return 'x';
end $$;
create cast (marks as text) with function evil(marks);
"""
"""Runs whatever the data centre's superuser likes wherever a row is read as text; so the nightly test reads them."""


def test_code_in_the_database_runs_as_no_user_who_may_change_a_copy(streaming: Pair) -> None:
    pair = streaming
    pair.mark("datacentre", "one")
    pair.psql("datacentre", "-d", "portal", "-c", _EVIL)
    pair.psql("datacentre", "-d", "portal", "-c", 'create table "a\n\\! touch /tmp/was-keeper\n" (t text)')
    until(lambda: standing(pair).get("restored_at") is not None)
    before = standing(pair)
    pair.run(
        "recovery", "sh", "-c", "echo '{}' > /tmp/t && install -o keeper -g restorer /tmp/t /mnt/vdb/copies/told.json"
    )
    until(lambda: pair.run("recovery", "sh", "-c", "cat /tmp/was-* || true").split() == ["postgres", "restorer"])
    until(lambda: standing(pair).get("restored_at") not in {None, before["restored_at"]})
    assert (before["restore_good"], standing(pair)["restore_good"]) == (True, True), (before, standing(pair))
    assert not {"owned"} & set(pair.run("recovery", "ls", "/mnt/vdb/copies").split())
    assert pair.run("recovery", "ls", "/mnt/vdb/copies/base"), "every copy is there still"


BACK = ("python3", "/usr/lib/database/back.py")


def back(pair: Pair) -> dict[str, Any]:
    told = json.loads(pair.run("recovery", *BACK, "told"))
    assert isinstance(told, dict)
    return told


def test_a_database_is_taken_back_to_a_point_in_quarantine_and_back_again_and_then_leads_from_there(
    streaming: Pair,
) -> None:
    pair = streaming
    pair.mark("datacentre", "kept")
    until(lambda: standing(pair).get("restored_at") is not None)
    point = pair.run("recovery", "date", "--utc", "+%Y-%m-%dT%H:%M:%S.%N+00:00")
    point = point[:26] + point[29:]
    pair.says("datacentre", "delete from marks")
    pair.mark("datacentre", "after")
    until(lambda: pair.marks("recovery") == {"after"})
    pair.run("recovery", *BACK, "begin", point)
    until(lambda: bool(back(pair)["quarantine"]) and not back(pair)["working"])
    assert back(pair)["quarantine"]["good"] is True, back(pair)
    assert back(pair)["quarantine"]["rows"] == {"public.marks": 1}
    assert pair.marks("recovery") == {"after"}, "what is in quarantine serves nobody"
    pair.run("recovery", *BACK, "take", point)
    until(lambda: pair.marks("recovery") == {"kept"})
    assert pair.says("recovery", "select pg_is_in_recovery()") == "t"
    assert not pair.follows(), "the data centre leads still, and cannot make it follow what came after the point"
    pair.run("recovery", *BACK, "undo")
    until(lambda: pair.marks("recovery") == {"after"})
    until(pair.follows)
    pair.mark("datacentre", "streams")
    until(lambda: "streams" in pair.marks("recovery"))
    pair.run("datacentre", "systemctl", "stop", "postgresql@15-main.service")
    pair.run("recovery", *BACK, "begin", point)
    until(lambda: bool(back(pair)["quarantine"]) and not back(pair)["working"])
    pair.run("recovery", *BACK, "take", point)
    until(lambda: pair.says("recovery", "select pg_is_in_recovery()") == "t")
    assert pair.says("recovery", "select pg_promote(true, 30)") == "t"
    pair.mark("recovery", "new")
    assert pair.marks("recovery") == {"kept", "new"}
    with pytest.raises(subprocess.CalledProcessError, match="undo"):
        pair.run("recovery", *BACK, "undo")
    until(lambda: standing(pair).get("backup_at") is not None)
    readable = "find /mnt/vdb/copies/base /mnt/vdb/copies/log ! -readable"
    assert pair.run("recovery", "env", "--chdir=/", "runuser", "-u", "restorer", "--", *readable.split()) == ""
    pair.run("datacentre", "systemctl", "start", "--no-block", "postgresql@15-main.service")
    until(lambda: f"the cluster at {ADDRESSES['recovery']} leads" in pair.console("datacentre"))
    assert "after" not in pair.marks("recovery") and pair.says("datacentre", "select 1") == ""


def test_a_follower_whose_log_is_gone_is_told_and_follows_again_after_a_start(streaming: Pair) -> None:
    pair = streaming
    pair.mark("datacentre", "before")
    pair.says("datacentre", "alter system set max_slot_wal_keep_size = '1MB'")
    pair.says("datacentre", "alter system set wal_keep_size = 0")
    pair.says("datacentre", "select pg_reload_conf()")
    pair.unplug()
    until(lambda: standing(pair, "datacentre").get("streams") is False)
    for _ in range(4):
        pair.says("datacentre", "select pg_logical_emit_message(false, 'x', repeat('y', 1000)); select pg_switch_wal()")
        pair.psql("datacentre", "-d", "postgres", "-c", "checkpoint")
    until(lambda: standing(pair, "datacentre").get("slot_state") == "lost")
    pair.plug()
    pair.mark("datacentre", "meanwhile")
    pair.run("recovery", "systemctl", "restart", "postgresql@15-main.service")
    until(pair.follows)
    until(lambda: pair.marks("recovery") == {"before", "meanwhile"})
    assert "was copied anew" in pair.console("recovery")
    until(lambda: "until-" in pair.run("recovery", "ls", "/mnt/vdb/copies"))
    until(lambda: standing(pair).get("archive_failing") is False and "backup_at" in standing(pair))
    assert pair.run("recovery", "ls", "/mnt/vdb/copies").count("until-") == 1, "and no gap was found twice"
    assert "PG_VERSION" in pair.run("recovery", "ls", "/mnt/vdb/postgresql/main.lost").split()


def test_a_leader_that_refuses_for_a_while_is_not_taken_for_an_empty_volume(streaming: Pair) -> None:
    pair = streaming
    pair.mark("datacentre", "kept")
    until(lambda: pair.marks("recovery") == {"kept"})
    pair.machine.life.delete(pair.hosts["datacentre"].id)
    assert pair.says("recovery", "select pg_promote(true, 30)") == "t"
    pair.run("recovery", "systemctl", "stop", "postgresql@15-main.service")
    pair.make("datacentre")
    pair.plug()
    until(lambda: "does not answer, so it may have data" in pair.console("datacentre"))
    time.sleep(8)  # longer than any restart
    assert not pair.run("datacentre", "ls", "/mnt/vdb/postgresql")
    pair.run("recovery", "systemctl", "start", "postgresql@15-main.service")
    until(lambda: pair.marks("datacentre") == {"kept"})
    assert pair.says("datacentre", "select pg_is_in_recovery()") == "t"


def standing(pair: Pair, site: str = "recovery") -> dict[str, Any]:
    try:
        told = json.loads(pair.run(site, "cat", "/run/database/standing.json"))
    except (subprocess.CalledProcessError, ValueError):
        return {}
    assert isinstance(told, dict)
    return told
