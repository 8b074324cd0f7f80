"""How often the hosts of a service start restic when it moves: residents wait for each, for it opens the vault anew."""

import importlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.playbooks.files import ROLES, Program

RESTIC = """#!/usr/bin/python3
import json, sys
from pathlib import Path
started, words = Path(sys.argv[0]).with_name("started"), sys.argv[1:]
verb = next(word for word in words if word in ("backup", "init", "snapshots", "restore"))
with started.open("a") as out:
    out.write(verb + "\\n")
unread = Path(sys.argv[0]).with_name("unread")
if verb == "backup" and unread.exists() and started.read_text().count("backup") <= int(unread.read_text()):
    print("Warning: at least one source file could not be read", file=sys.stderr)
    sys.exit(3)
if verb == "backup":
    print(json.dumps({"snapshot_id": "46c10b47", "total_files_processed": 1}))
if verb == "snapshots":
    print(json.dumps([{"time": "2026-11-30T02:15:29.123456789+02:00", "id": "46c10b47" + "0" * 56}]))
if verb == "restore":
    target = Path(words[words.index("--target") + 1])
    (target / VOLUME).mkdir(parents=True, exist_ok=True)
    (target / VOLUME / "one").write_text("new")
    print("restoring <Snapshot 46c10b47 of [/mnt/vdb] at 2026-11-30 02:15:29.123456789 +0200 EET by root@shop-1> to x")
    print("verifying files in x")
    print("finished verifying 1 files in x (took 0s)")
"""
"""Says what restic 0.14.0 of Debian 12 says."""
SYSTEMCTL = """#!/bin/sh
test "$1" = show && echo "$@" | grep -q 'ConsistsOf role-web.target' && echo "nginx.service web.service" && exit 0
echo "$@" >>"$(dirname "$0")/systemctl.log"
"""


@dataclass
class Host:
    """One with a volume; `started` are the processes of restic that its program started, in their order."""

    files: Program
    volume: Path
    tools: Path
    told: dict[str, str] = field(default_factory=dict)

    def __call__(self, deed: str, *words: str) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self.files.Files(self.told), deed)(*words)
        return answer

    @property
    def started(self) -> list[str]:
        file = self.tools / "started"
        return file.read_text().split() if file.exists() else []

    @property
    def roles(self) -> list[str]:
        file = self.tools / "systemctl.log"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROLES / "files/files"))
        files = importlib.import_module("files")
    volume, tools = tmp_path / "volume", tmp_path / "tools"
    for folder in (volume, tools, tmp_path / "tls", tmp_path / "run"):
        folder.mkdir()
    for name, text in (("restic", RESTIC.replace("VOLUME", repr(str(volume)[1:]))), ("systemctl", SYSTEMCTL)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    for name in ("chain.pem", "key.pem"):
        (tmp_path / "tls" / name).write_text("x")
    monkeypatch.setattr(files, "VOLUME", volume)
    monkeypatch.setattr(files, "TLS", tmp_path / "tls")
    monkeypatch.setattr(files, "RUN", tmp_path / "run")
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    return Host(files, volume, tools, {"SERVER": "shop-1", "SERVICE": "shop", "ROLES": "web,files"})


HERE, THERE = (
    {"SITE_ROLE": "recovery", "VAULT_HERE": "192.0.2.1"},
    {"SITE_ROLE": "datacentre", "VAULT_THERE": "192.0.2.1"},
)


@pytest.mark.parametrize(
    ("database", "roles"),
    [
        pytest.param("shop", [], id="its database was drained before"),
        pytest.param("", ["stop role-web.target nginx.service web.service"], id="its programs end first"),
    ],
)
def test_whoever_leaves_starts_restic_once_for_the_last_copy(host: Host, database: str, roles: list[str]) -> None:
    host.told |= {**THERE, "DATABASE": database}
    left = host("leave")
    assert (left["serves"], left["pushed"]["snapshot"]) == (False, "46c10b47")
    assert (host.started, host.roles) == (["backup"], roles)
    assert host("leave") == {**left, "at": host("told")["at"]}, "again after a kill"
    assert host.started == ["backup"]


def test_a_file_that_goes_while_it_is_copied_is_missing_in_no_copy(host: Host) -> None:
    host.told |= THERE
    (host.tools / "unread").write_text("2")
    assert host("push")["pushed"]["snapshot"] == "46c10b47"
    assert host.started == ["backup"] * 3


def test_a_copy_without_a_file_that_is_there_is_none(host: Host) -> None:
    host.told |= THERE
    (host.tools / "unread").write_text("99")
    with pytest.raises(host.files.BrokenError, match="at least one source file could not be read"):
        host("push")
    assert host.started == ["backup"] * 3
    assert host("told")["pushed"] is None


def test_whoever_arrives_starts_restic_once_for_the_copy_that_he_was_told(host: Host) -> None:
    host.told |= HERE
    (host.volume / "old").write_text("old")
    brought = host("bring", "46c10b47")["brought"]
    assert host.started == ["restore"], "which restores and verifies"
    assert (brought["at"], brought["snapshot"], brought["files"]) == ("2026-11-30T00:15:29+00:00", "46c10b47", 1)
    assert (host.volume / "one").read_text() == "new" and not (host.volume / "old").exists()
    assert host("bring", "46c10b47")["brought"] == brought
    assert host.started == ["restore"], "what was brought is not brought again"


@pytest.mark.parametrize("copy", ["", "2026-11-30T00:15:30+00:00"])
def test_who_is_told_no_copy_asks_for_the_list_first(host: Host, copy: str) -> None:
    host.told |= HERE
    assert host("bring", *filter(None, [copy]))["brought"]["snapshot"] == "46c10b47"
    assert host.started == ["snapshots", "restore"]


def test_where_there_is_no_copy_what_lies_aside_stays(host: Host) -> None:
    host.told |= HERE
    aside = host.volume / ".files" / "before" / "kept"
    aside.parent.mkdir(parents=True)
    aside.write_text("x")
    with pytest.raises(host.files.MissingError):
        host("bring", "2026-11-30T00:15:28+00:00")
    assert aside.read_text() == "x" and host.started == ["snapshots"]


@pytest.mark.parametrize(
    "said",
    [
        "restoring <Snapshot 46c10b47 of [/mnt/vdb] at 2026-11-30 00:15:29.1 +0000 UTC by root@shop-1> to x",
        "finished verifying 1 files in x (took 0s)",
    ],
)
def test_what_restic_does_not_say_is_no_proof(host: Host, said: str) -> None:
    with pytest.raises(host.files.BrokenError, match="which copy it restored, and that it verified it"):
        host.files.restored(said)
