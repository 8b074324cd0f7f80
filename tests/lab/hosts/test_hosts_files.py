"""The roles `files` and `vault` on guests, with a cable between two of them: a copy goes there, and comes back."""

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import IPv4Address
from typing import Any

import pytest

from infra.hosts.roles import promises
from lab.hosts import authority, credentials, golden_image
from lab.hosts.folder import HostsFolder
from lab.hosts.guest import Guest
from lab.params import LabParams
from tests.lab.hosts.conftest import Machine, machine_of, volume
from tests.waiting import until

pytestmark = pytest.mark.slow
ADDRESSES = {"shop-1": "10.62.1.9", "watch-1": "10.62.2.9", "other-1": "10.62.3.9"}
"""Of the host whose files are copied, of the vault, and of one at the vault's own site that takes them."""
ASKS = """
import http.client, ssl, sys
address, path, who, verb = sys.argv[1:]
trust = ssl.create_default_context(cafile="/etc/ssl/service/trust.pem")
if who == "own":
    trust.load_cert_chain("/etc/ssl/service/chain.pem", "/etc/ssl/service/key.pem")
line = http.client.HTTPSConnection(address, 8000, context=trust, timeout=120)
line.request(verb, path, body=b"x" if verb == "POST" else None)
print(line.getresponse().status)
"""
COPIES = """
import sys
sys.path.insert(0, "/usr/lib/files")
import files
host = files.Files(files.environment())
words = ("backup", "--json", "--host", host.server, "--time", sys.argv[1], str(files.VOLUME))
print(host.restic(host._told["VAULT_THERE"], *words))
"""
"""One more copy of the host's files, made by hand: root there may say of it what he likes."""
LATE = """
mkdir -p /run/systemd/system/application.service.d
printf '[Service]\\nExecStop=+/bin/sh -c "sleep 3; echo word >/mnt/vdb/stock/last"\\n' \
    >/run/systemd/system/application.service.d/late.conf
systemctl daemon-reload
"""
"""The application has a last word, a while after it was asked to end."""
FORGETS = """
import sys
sys.path.insert(0, "/usr/lib/vault")
import vault
vault.Vault(keep_s=int(sys.argv[1])).forget()
"""
PROGRAM = ("python3", "/usr/lib/files/files.py")
REPOSITORY = "/mnt/vdb/vault/shop/shop-1"


@dataclass
class Sites:
    """The hosts; one cable at a time leads to the vault."""

    machine: Machine
    hosts: dict[str, Guest] = field(default_factory=dict)

    def plug(self, name: str) -> None:
        vault, host = (self.machine.name(self.hosts[one]) for one in ("watch-1", name))
        ip("-n", vault, "link", "delete", "v0", check=False)
        ip("link", "add", "v0", "netns", vault, "type", "veth", "peer", "v0", "netns", host)
        for end, own, other in ((vault, "watch-1", name), (host, name, "watch-1")):
            ip("-n", end, "address", "add", f"{ADDRESSES[own]}/32", "dev", "v0")
            ip("-n", end, "link", "set", "v0", "up")
            ip("-n", end, "route", "add", ADDRESSES[other], "dev", "v0")

    def run(self, name: str, *command: str) -> str:
        return self.machine.run(self.hosts[name], *command)

    def active(self, name: str, unit: str) -> bool:
        try:
            return self.run(name, "systemctl", "is-active", unit) == "active"
        except subprocess.CalledProcessError:
            return False

    def files(self, name: str, *words: str) -> dict[str, Any]:
        """What the program of its host answers. Raises CalledProcessError."""
        told: dict[str, Any] = json.loads(self.run(name, *PROGRAM, *words))
        return told

    def standing(self) -> dict[str, Any]:
        """What the vault says of the copies of the host; empty while it says nothing."""
        try:
            found = json.loads(self.run("watch-1", "cat", "/run/vault/standing.json"))
        except (subprocess.CalledProcessError, ValueError):
            return {}
        told: dict[str, Any] = found["copies"].get("shop", {}).get("shop-1", {})
        return told


def ip(*words: str, check: bool = True) -> None:
    subprocess.run(["/usr/sbin/ip", *words], check=check, capture_output=True)


def server(machine: Machine, key: str, name: str, role: str, **meta: str) -> Guest:
    made = machine.guest(hostname=name)
    told = {"port": "443", "fqdn": f"{meta['service']}.example.test", "site_role": role, **meta}
    drive = {
        **made.drive,
        "openstack/latest/meta_data.json": json.dumps({"name": name, "meta": told}),
        "openstack/latest/network_data.json": json.dumps({"networks": [{"ip_address": ADDRESSES[key]}]}),
    }
    return replace(made, drive=drive, volumes=(volume(machine.life.home, "/mnt/vdb"),))


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    root = tmp_path_factory.mktemp("vaults") / "lab"
    params = LabParams(name="t", root=root, base_port=17_460, base_address=IPv4Address("127.120.0.0"), hosts=True)
    params.claim()
    home = HostsFolder(params)
    home.make()
    authority.make(params)
    credentials.make(params)
    with machine_of(home, golden_image.provide(print)) as machine:
        vault = {"vault_here": ADDRESSES["watch-1"], "vault_there": ADDRESSES["watch-1"], "backup_every": "3600"}
        shop = {"service": "shop", "roles": "application,files", **vault}
        found = Sites(machine)
        found.hosts = {
            "watch-1": server(machine, "watch-1", "watch-1", "recovery", service="watch", roles="vault"),
            "shop-1": server(machine, "shop-1", "shop-1", "datacentre", **shop),
            "other-1": server(machine, "other-1", "shop-1", "recovery", **shop),
        }
        for one in found.hosts.values():
            machine.life.create(one)
        for one in found.hosts.values():
            machine.booted(one)
        yield found


def test_both_roles_run_what_they_promise(sites: Sites) -> None:
    for name, role in (("watch-1", "vault"), ("shop-1", "files")):
        for unit in promises([role])[role].runs:
            until(partial(sites.active, name, unit))
    assert "files-copy.timer" in sites.run("shop-1", "systemctl", "list-timers", "--all")


def test_a_copy_comes_into_the_vault_which_says_of_when_it_is_and_that_it_is_whole(sites: Sites) -> None:
    sites.plug("shop-1")
    sites.run(
        "shop-1", "sh", "-c", "mkdir -p /mnt/vdb/stock && echo lamp >/mnt/vdb/stock/one && chown 33 /mnt/vdb/stock"
    )
    told = sites.files("shop-1", "push")
    assert told["serves"] and told["pushed"]["files"] == 1
    until(lambda: bool(sites.standing()))
    until(lambda: (now := sites.standing()).get("good") is True and now["newest"] >= told["pushed"]["at"])


def test_who_brings_copies_can_remove_none_and_nobody_else_can_bring_any(sites: Sites) -> None:
    """With the host's own certificate, and its key, as root of the data centre's host has them."""
    before = sites.run("watch-1", "find", REPOSITORY, "-type", "f", "-not", "-path", "*/locks/*").splitlines()
    name = next(path for path in before if "/snapshots/" in path).removeprefix("/mnt/vdb/vault")

    def asks(verb: str, path: str, who: str = "own") -> str:
        return sites.run("shop-1", "python3", "-c", ASKS, ADDRESSES["watch-1"], path, who, verb)

    assert asks("GET", name) == "200"
    assert asks("DELETE", name) == "403" and asks("POST", name) == "403"
    assert asks("DELETE", name.rpartition("/snapshots")[0] + "/config") == "403"
    with pytest.raises(subprocess.CalledProcessError):
        asks("GET", name, "stranger")
    assert set(before) <= set(sites.run("watch-1", "find", REPOSITORY, "-type", "f").splitlines())


def test_files_that_have_not_changed_since_they_lie_at_the_other_site_are_neither_copied_nor_fetched_again(
    sites: Sites,
) -> None:
    pushed = sites.files("shop-1", "push")["pushed"]
    sites.plug("other-1")
    staged = sites.files("other-1", "stage", pushed["snapshot"], pushed["fingerprint"])
    assert (staged["staged"]["files"], staged["serves"]) == (1, False)
    assert "stock" not in sites.run("other-1", "ls", "/mnt/vdb"), "beside its files"
    sites.plug("shop-1")
    kept = snapshots(sites)
    told = sites.files("shop-1", "leave", pushed["fingerprint"])
    left = told["pushed"]
    assert (left["snapshot"], snapshots(sites), told["runs"]) == (pushed["snapshot"], kept, False)
    assert sites.files("shop-1", "wait")["runs"] is True
    assert sites.run("shop-1", "systemctl", "is-active", "application.service") == "active", "a standby is warm"
    ip("-n", sites.machine.name(sites.hosts["watch-1"]), "link", "delete", "v0")
    brought = sites.files("other-1", "bring", left["snapshot"], left["fingerprint"])
    assert brought["brought"]["snapshot"] == pushed["snapshot"], "no vault can be reached"
    assert sites.run("other-1", "cat", "/mnt/vdb/stock/one") == "lamp"
    assert sites.run("other-1", "stat", "-c%u", "/mnt/vdb/stock") == "33"
    assert sites.files("other-1", "back")["serves"] is False
    sites.plug("shop-1")
    assert sites.files("shop-1", "keep")["serves"] is True


def test_the_last_copy_is_brought_to_the_other_site_which_serves_from_then_on(sites: Sites) -> None:
    sites.run("shop-1", "sh", "-c", "echo bulb >/mnt/vdb/stock/two")
    sites.run("shop-1", "sh", "-c", LATE)
    left = sites.files("shop-1", "leave")
    assert left["serves"] is False
    assert sites.run("shop-1", "systemctl", "show", "-P", "ActiveState", "application.service") == "inactive"
    assert sites.files("shop-1", "push")["pushed"] == left["pushed"], "whoever stands by copies nothing"
    sites.plug("other-1")
    assert sites.files("other-1", "told")["serves"] is False
    sites.run("other-1", "sh", "-c", "echo stale >/mnt/vdb/stale")
    brought = sites.files("other-1", "bring", left["pushed"]["snapshot"])
    assert brought["serves"] and brought["brought"]["files"] == 3
    assert sites.run("other-1", "cat", "/mnt/vdb/stock/last") == "word", "a program may write as it ends"
    assert brought["brought"]["snapshot"] == left["pushed"]["snapshot"], "the very copy that was made last"
    assert sites.run("other-1", "cat", "/mnt/vdb/stock/two") == "bulb"
    assert sites.run("other-1", "stat", "-c%u", "/mnt/vdb/stock") == "33"
    assert "stale" not in sites.run("other-1", "ls", "/mnt/vdb")
    assert sites.run("other-1", "systemctl", "is-active", "application.service") == "active"


def test_what_was_brought_can_be_taken_back_and_an_earlier_copy_be_chosen(sites: Sites) -> None:
    assert sites.files("other-1", "back")["serves"] is False
    assert sites.run("other-1", "cat", "/mnt/vdb/stale") == "stale"
    first = sites.standing()["oldest"]
    with pytest.raises(subprocess.CalledProcessError) as none:
        sites.files("other-1", "bring", "2020-01-01T00:00:00+00:00")
    assert none.value.returncode == 3 and sites.run("other-1", "cat", "/mnt/vdb/stale") == "stale"
    time.sleep(1)
    assert sites.files("other-1", "bring", first.replace("+00:00", ".999+00:00"))["brought"]["files"] <= 1
    assert "two" not in sites.run("other-1", "find", "/mnt/vdb", "-maxdepth", "2", "-not", "-path", "*/.files/*")


def test_the_vault_forgets_what_is_older_than_it_was_told_to_keep_and_nothing_else(sites: Sites) -> None:
    """A copy that says that it is of the future outlives its time, and makes no other one older."""
    sites.plug("shop-1")
    old, kept, future = (copied(sites, at) for at in (hours_ago(10), hours_ago(2), "2099-01-01 00:00:00"))
    before = snapshots(sites)
    assert {old, kept, future} < before
    sites.run("watch-1", "runuser", "-u", "vault", "--", "python3", "-c", FORGETS, str(4 * 3600))
    assert snapshots(sites) == before - {old}
    until(lambda: ((now := sites.standing()).get("count"), now.get("good")) == (len(before) - 1, True))


def hours_ago(hours: int) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S")


def copied(sites: Sites, at: str) -> str:
    """The name of one more copy, which says that it is of this moment."""
    told = sites.run("shop-1", "python3", "-c", COPIES, at)
    return str(json.loads(told.splitlines()[-1])["snapshot_id"])


def snapshots(sites: Sites) -> set[str]:
    """The short names of all copies of the host in the vault."""
    return {name[:8] for name in sites.run("watch-1", "ls", f"{REPOSITORY}/snapshots").split()}
