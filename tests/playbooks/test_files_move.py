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
state="$(dirname "$0")/state"
test "$3" = ActiveState && { cat "$state" 2>/dev/null || echo active; exit 0; }
test "$1" = stop && echo inactive >"$state"
test "$1" = start && echo active >"$state"
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


def test_programs_that_ended_as_it_left_run_again_while_it_waits(host: Host) -> None:
    host.told |= THERE
    assert host("told")["runs"] is True
    assert host("leave")["runs"] is False
    waits = host("wait")
    assert (waits["runs"], waits["serves"]) == (True, False)
    host.told["ROLES"] = "files,vault"
    assert host("leave")["runs"] is True, "there is nothing else that could end"


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


def test_files_that_have_not_changed_since_they_were_staged_are_copied_and_fetched_no_more(host: Host) -> None:
    """The host is both sites in turn: what it pushed lies at the other."""
    host.told |= THERE
    (host.volume / "one").write_text("old")
    pushed = host("push")["pushed"]
    left = host("leave", pushed["fingerprint"])
    assert (host.started, left["serves"]) == (["backup"], False), "the last copy has everything"
    assert left["pushed"] == {**pushed, "at": left["pushed"]["at"]} and left["pushed"]["at"] >= pushed["at"]
    host.told |= HERE
    staged = host("stage", "46c10b47", pushed["fingerprint"])
    assert host.started == ["backup", "restore"]
    assert (staged["staged"]["fingerprint"], staged["serves"]) == (pushed["fingerprint"], False)
    assert (host.volume / "one").read_text() == "old", "they lie beside its own files"
    assert host("stage", "77777777", pushed["fingerprint"])["staged"] == staged["staged"], "another copy of the same"
    brought = host("bring", "77777777", pushed["fingerprint"])
    assert host.started == ["backup", "restore"]
    assert (host.volume / "one").read_text() == "new" and brought["serves"]
    assert (brought["brought"]["snapshot"], brought["brought"]["files"], brought["staged"]) == ("46c10b47", 1, None)
    assert "fingerprint" not in brought["brought"]


@pytest.mark.parametrize("between", ["the files changed", "another was staged", "nothing is known"])
def test_whatever_may_have_changed_is_copied_once_more(host: Host, between: str) -> None:
    host.told |= THERE
    (host.volume / "one").write_text("old")
    seen = host("push")["pushed"]["fingerprint"]
    if between == "the files changed":
        (host.volume / "one").write_text("odd")
    left = host("leave", *{"another was staged": ["e3b0"], "nothing is known": []}.get(between, [seen]))
    assert host.started == ["backup", "backup"]
    assert (left["pushed"]["fingerprint"] == seen) is (between != "the files changed")


def test_what_was_staged_is_of_use_for_the_very_files_alone(host: Host) -> None:
    host.told |= HERE
    host("stage", "46c10b47", "e3b0")
    host("stage", "46c10b47", "77aa")
    assert host.started == ["restore", "restore"]
    host("bring", "46c10b47", "e3b0")
    assert host.started == ["restore"] * 3


def test_whoever_serves_has_nothing_beside_its_files(host: Host) -> None:
    host.told |= THERE
    assert host("stage", "46c10b47", "e3b0")["staged"] is None
    assert not host.started


def test_killed_while_it_is_staged_it_is_staged_anew(host: Host) -> None:
    host.told |= HERE
    host("stage", "46c10b47", "e3b0")
    (host.tools / "restic").rename(host.tools / "away")
    (host.tools / "restic").write_text("#!/bin/sh\nexit 1\n")
    (host.tools / "restic").chmod(0o755)
    with pytest.raises(host.files.BrokenError):
        host("stage", "46c10b47", "77aa")
    assert host("told")["staged"] is None, "half a copy is none"
    (host.tools / "away").rename(host.tools / "restic")
    host("bring", "46c10b47", "e3b0")
    assert host.started == ["restore", "restore"]


def test_taken_back_after_a_copy_that_failed_the_files_stay(host: Host) -> None:
    """What lay aside from the move before is gone by then, and must not take their place."""
    host.told |= HERE
    host("bring", "46c10b47")
    host("wait")
    (host.tools / "restic").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(host.files.BrokenError):
        host("bring", "46c10b47")
    assert host("back")["serves"] is False
    assert (host.volume / "one").read_text() == "new"


@pytest.mark.parametrize(
    ("words", "taken"),
    [("leave e3b0", True), ("leave e3b0 x", False), ("stage 46c10b47", False), ("bring a b", True), ("told x", False)],
)
def test_each_deed_takes_so_many_words(
    host: Host, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str, *, taken: bool
) -> None:
    monkeypatch.setattr(host.files, "deed", lambda *asked: {"did": asked[0]})
    assert host.files.main(words.split()) == (0 if taken else 2)
    assert ("stage COPY PRINT" in capsys.readouterr().err) is not taken


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
