"""What a database host decides before PostgreSQL starts, in a folder instead of a volume."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[2] / "playbooks/roles/database/files/prepare.py"
TOLD = {"SERVICE": "portal", "DATABASE": "portal", "DATABASE_HOSTS": "10.1.1.14,10.2.1.14", "SERVER": "portal-db"}
made_so_far: list[str] = []


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("prepare", PROGRAM)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "prepare", module)
    monkeypatch.syspath_prepend(str(PROGRAM.parent))
    spec.loader.exec_module(module)
    for name, place in (("CLUSTERS", "15"), ("RULES", "rules")):
        (tmp_path / place).mkdir()
        monkeypatch.setattr(module, name, tmp_path / place)
    monkeypatch.setattr(module, "ALONE", tmp_path / "lead-alone")
    monkeypatch.setattr(module, "begun", maker("begun"))
    monkeypatch.setattr(module, "copied", maker("copied"))
    made_so_far.clear()
    return module


def maker(name: str) -> Any:  # noqa: ANN401 - in the place of a function of the program
    def make(_: object, part: Path) -> None:
        made_so_far.append(name)
        part.mkdir()
        (part / "PG_VERSION").write_text("15")

    return make


def host(program: ModuleType, place: int, **told: str) -> Any:  # noqa: ANN401 - the program's own class
    hosts = (told.get("hosts") or TOLD["DATABASE_HOSTS"]).split(",")
    return program.known({**TOLD, "DATABASE_HOSTS": ",".join(hosts)}, frozenset({hosts[place]}))


def other_is(program: ModuleType, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    monkeypatch.setattr(program, "of_other", lambda *_: program.Other[state])


@pytest.mark.parametrize(
    ("place", "other", "made"),
    [
        (0, "EMPTY", "begun"),
        (0, "LEADS", "copied"),
        (0, "FOLLOWS", "follows a leader that is not here"),
        (0, "UNKNOWN", "does not answer"),
        (1, "LEADS", "copied"),
        (1, "EMPTY", "nothing to follow"),
        (1, "UNKNOWN", "nothing to follow"),
        (1, "FOLLOWS", "follows a leader that is not here"),
    ],
)
def test_an_empty_volume_becomes_what_the_other_sites_allows(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch, place: int, other: str, made: str
) -> None:
    other_is(program, monkeypatch, other)
    if made in {"begun", "copied"}:
        program.cluster(host(program, place))
        assert made_so_far == [made] and (program.CLUSTERS / "main/PG_VERSION").exists()
    else:
        with pytest.raises(program.WaitingError, match=made):
            program.cluster(host(program, place))
        assert made_so_far == [] and list(program.CLUSTERS.iterdir()) == []


@pytest.mark.parametrize(
    ("other", "standby", "followed", "starts"),
    [
        ("LEADS", False, True, False),
        ("UNKNOWN", False, True, False),
        ("EMPTY", False, True, True),
        ("FOLLOWS", False, True, True),
        ("LEADS", True, True, True),
        ("LEADS", True, False, True),
        ("UNKNOWN", False, False, True),
    ],
)
def test_a_cluster_that_would_lead_starts_only_where_nobody_else_can(  # noqa: PLR0913 - a table
    program: ModuleType, monkeypatch: pytest.MonkeyPatch, other: str, *, standby: bool, followed: bool, starts: bool
) -> None:
    main = kept(program, followed=followed)
    monkeypatch.setattr(program, "lost", lambda *_: False)
    if standby:
        (main / "standby.signal").touch()
    other_is(program, monkeypatch, other)
    if starts:
        program.cluster(host(program, 0))
    else:
        with pytest.raises(program.WaitingError):
            program.cluster(host(program, 0))
    assert made_so_far == []


def kept(program: ModuleType, *, followed: bool) -> Path:
    main: Path = program.CLUSTERS / "main"
    (main / "pg_replslot").mkdir(parents=True)
    (main / "PG_VERSION").write_text("15")
    if followed:
        (main / "pg_replslot/recovery").mkdir()
    return main


def test_a_persons_word_to_lead_counts_once(program: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(program, followed=True)
    other_is(program, monkeypatch, "UNKNOWN")
    program.ALONE.touch()
    program.cluster(host(program, 0))
    with pytest.raises(program.WaitingError, match="lead-alone"):
        program.cluster(host(program, 0))


def test_a_service_at_one_site_alone_needs_nobody(program: ModuleType) -> None:
    program.cluster(host(program, 0, hosts="10.1.1.14"))
    assert made_so_far == ["begun"]
    (program.CLUSTERS / "main/pg_replslot/recovery").mkdir(parents=True)
    program.cluster(host(program, 0, hosts="10.1.1.14"))


def test_a_half_made_cluster_is_made_again_and_never_started(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = program.CLUSTERS / "main.part"
    part.mkdir()
    (part / "PG_VERSION").write_text("15")
    (part / "half").touch()
    other_is(program, monkeypatch, "LEADS")
    program.cluster(host(program, 1))
    assert made_so_far == ["copied"] and not (program.CLUSTERS / "main/half").exists()


def test_a_copy_that_fails_leaves_no_cluster(program: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object, part: Path) -> None:
        part.mkdir()
        (part / "PG_VERSION").write_text("15")
        raise program.WaitingError("pg_basebackup: it ended with -9")

    other_is(program, monkeypatch, "LEADS")
    monkeypatch.setattr(program, "copied", broken)
    with pytest.raises(program.WaitingError):
        program.cluster(host(program, 1))
    assert not (program.CLUSTERS / "main").exists()


@pytest.mark.parametrize("left", ["main.diverged-20260101T000000Z", "main.new"])
def test_a_volume_with_an_older_cluster_beside_its_place_is_not_empty(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    (program.CLUSTERS / left).mkdir()
    other_is(program, monkeypatch, "EMPTY")
    with pytest.raises(program.WaitingError, match=left):
        program.cluster(host(program, 0))
    assert made_so_far == []


def test_who_may_connect_needs_the_services_certificate(program: ModuleType) -> None:
    program.rules(host(program, 1))
    kept = (program.RULES / "pg_hba.conf").read_text().splitlines()
    assert kept == [
        "local all postgres peer",
        "local all all peer",
        "local replication keeper peer",
        "hostssl portal portal 0.0.0.0/0 cert map=service",
        "hostssl portal portal ::/0 cert map=service",
        "hostssl replication replicator 10.1.1.14/32 cert map=service",
        "hostssl postgres replicator 10.1.1.14/32 cert map=service",
        "hostssl replication replicator 10.2.1.14/32 cert map=service",
        "hostssl postgres replicator 10.2.1.14/32 cert map=service",
    ]
    assert (program.RULES / "pg_ident.conf").read_text() == (
        'service "portal" "portal"\nservice "portal" "replicator"\n'
    )


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"DATABASE": ""}, "no name for one"),
        ({"DATABASE": "postgres"}, "no name for one"),
        ({"DATABASE": 'a"; drop'}, "no name for one"),
        ({"DATABASE_HOSTS": ""}, "none is named"),
        ({"DATABASE_HOSTS": "10.9.9.9"}, "no address of this host"),
    ],
)
def test_a_host_that_the_metadata_do_not_know_makes_nothing(
    program: ModuleType, told: dict[str, str], problem: str
) -> None:
    with pytest.raises(program.WaitingError, match=problem):
        program.known({**TOLD, **told}, frozenset({"10.1.1.14", "127.0.0.1"}))


def test_a_host_without_its_volume_writes_to_no_other_disk(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(program, "VOLUME", tmp_path)
    with pytest.raises(program.WaitingError, match="no volume"):
        program.folders()


@pytest.mark.parametrize(
    ("psql", "empty", "other"),
    [("t", True, "FOLLOWS"), ("f", True, "LEADS"), (None, True, "EMPTY"), (None, False, "UNKNOWN")],
)
def test_who_does_not_answer_is_empty_only_by_its_own_word(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch, psql: str | None, other: str, *, empty: bool
) -> None:
    def ask(*_: object) -> str:
        if psql is None:
            raise program.WaitingError("psql: Connection refused")
        return psql

    monkeypatch.setattr(program, "ask", ask)
    monkeypatch.setattr(program, "says_empty", lambda *_: empty)
    assert program.of_other(host(program, 0), "10.2.1.14") is program.Other[other]


def test_of_a_cluster_that_is_only_being_made_nothing_counts(program: ModuleType) -> None:
    (program.CLUSTERS / "main.part").mkdir()
    assert program.remains() == []
    (program.CLUSTERS / "main").mkdir()
    assert program.remains() == ["main"]


@pytest.mark.parametrize("copy", ["whole", "broken"])
def test_a_follower_whose_log_its_leader_lost_is_copied_anew_or_starts_as_it_is(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch, copy: str
) -> None:
    main = kept(program, followed=False)
    (main / "standby.signal").touch()
    said: list[str] = []
    monkeypatch.setattr(program, "say", said.append)
    monkeypatch.setattr(
        program, "ask", lambda _, statement: "t" if "'recovery' and wal_status = 'lost'" in statement else ""
    )
    if copy == "broken":
        monkeypatch.setattr(program, "copied", broken(program))
    program.cluster(host(program, 1))
    assert (program.CLUSTERS / "main.lost/standby.signal").exists() is (copy == "whole")
    assert (program.CLUSTERS / "main/standby.signal").exists() is (copy == "broken")
    assert len(said) == 1 and ("cannot be copied" in said[0]) is (copy == "broken")


def broken(program: ModuleType) -> Any:  # noqa: ANN401 - in the place of a function of the program
    def copied(_: object, part: Path) -> None:
        part.mkdir()
        raise program.WaitingError("pg_basebackup: no space left on device")

    return copied


@pytest.mark.parametrize("told", ["f", "", None])
def test_a_follower_whose_leader_has_its_log_or_is_silent_is_never_copied_anew(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch, told: str | None
) -> None:
    def ask(*_: object) -> str:
        if told is None:
            raise program.WaitingError("psql: no route to host")
        return told

    (kept(program, followed=False) / "standby.signal").touch()
    monkeypatch.setattr(program, "ask", ask)
    program.cluster(host(program, 1))
    assert made_so_far == []


def test_whoever_made_a_cluster_its_group_may_read_it_for_copies_get_the_same_mode(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data of an earlier point are unpacked by the restorer, for itself alone."""
    main = program.CLUSTERS / "main"
    main.mkdir(mode=0o700)
    for name in ("folders", "rules", "cluster"):
        monkeypatch.setattr(program, name, lambda *_: None)
    monkeypatch.setattr(program, "addresses", lambda: frozenset({"10.1.1.14"}))
    for name, value in TOLD.items():
        monkeypatch.setenv(name, value)
    program.prepare(SimpleNamespace(speak=lambda *_: None))
    assert main.stat().st_mode & 0o777 == 0o750
