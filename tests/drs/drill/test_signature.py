"""Signatures under agreements: made with a person's key, judged by OpenSSH itself, and good for one entry alone."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncssh
import pytest

from city.errors import InvalidInput
from drs.drill.entry import Approved, Opened, Overridden, as_json, from_json
from drs.drill.plan import Plan
from drs.drill.rules import Violation
from drs.drill.run import Run
from drs.drill.signature import NAMESPACE, Locked, Signed, holds, read_key, sign, statement
from tests.drs.drill.plans import FAILOVER

PASSPHRASE = "καλημέρα"  # noqa: S105 - of a key that lives for one test
NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
MARIA, NIKOS = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
AGREED = Approved(at=NOW, by="maria", task="promote", until=NOW + timedelta(minutes=30))
ANSWERED = Overridden(at=NOW, by="maria", task="fence", reason="κάηκε η αίθουσα")


def public(key: asyncssh.SSHKey) -> str:
    return str(key.export_public_key().decode().strip())


PLAN = Plan(mode="failover", tasks=FAILOVER.tasks, keys={"maria": public(MARIA), "nikos": public(NIKOS)})


def opened(drill: str = "d1", plan: Plan = PLAN) -> Run:
    entry = Opened(at=NOW, by="maria", drill=drill, mode=plan.mode, plan=plan.digest, machine="laptop")
    return Run(plan=plan).after(entry)


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
@pytest.mark.parametrize("entry", [AGREED, ANSWERED], ids=["an agreement", "an answer"])
def test_openssh_itself_finds_the_signature_good(algorithm: str, entry: Signed, tmp_path: Path) -> None:
    key = asyncssh.generate_private_key(algorithm)
    signed = sign("d1", PLAN.digest, entry, key)
    (tmp_path / "signature").write_text(signed.signature, encoding="ascii")
    (tmp_path / "allowed").write_text(f"maria {public(key)}\n", encoding="ascii")
    who = ["-f", str(tmp_path / "allowed"), "-I", "maria", "-n", NAMESPACE, "-s", str(tmp_path / "signature")]
    done = subprocess.run(
        ["/usr/bin/ssh-keygen", "-Y", "verify", *who],
        input=statement("d1", PLAN.digest, entry),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert holds("d1", PLAN.digest, signed, public(key))


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda one: replace(one, task="serve"), id="for another step"),
        pytest.param(lambda one: replace(one, until=NOW + timedelta(days=1)), id="for longer"),
        pytest.param(lambda one: replace(one, at=NOW - timedelta(seconds=1)), id="at another time"),
        pytest.param(lambda one: replace(one, by="nikos"), id="by another"),
        pytest.param(lambda one: replace(one, signature=""), id="unsigned"),
        pytest.param(lambda one: replace(one, signature="yes"), id="no signature"),
        pytest.param(lambda one: replace(one, signature=one.signature[:-60]), id="cut off"),
        pytest.param(lambda one: replace(one, signature="Ελένη"), id="Greek"),
        pytest.param(lambda one: sign("d1", PLAN.digest, one, NIKOS), id="with another's key"),
        pytest.param(lambda one: sign("d0", PLAN.digest, one, MARIA), id="in another drill"),
        pytest.param(lambda one: sign("d1", "0" * 64, one, MARIA), id="for another plan"),
    ],
)
def test_a_signature_is_good_for_one_entry_of_one_drill_by_one_person(forge: Callable[[Signed], Signed]) -> None:
    signed = sign("d1", PLAN.digest, AGREED, MARIA)
    assert opened().after(signed).known("promote").approved(NOW) == ("maria",)
    with pytest.raises(Violation, match="no signature by the key of"):
        opened().after(forge(signed))


def test_a_signature_for_another_purpose_is_none() -> None:
    """Git signs commits with the same key, under another namespace."""
    made = asyncssh.create_sshsig(MARIA, statement("d1", PLAN.digest, AGREED), namespace="git")
    assert not holds("d1", PLAN.digest, replace(AGREED, signature=made.decode()), public(MARIA))


def test_who_may_not_agree_may_not_answer_for_a_step_either() -> None:
    eleni = asyncssh.generate_private_key("ssh-ed25519")
    for entry in (AGREED, ANSWERED):
        with pytest.raises(Violation, match="eleni is not among those who may agree: maria, nikos"):
            opened().after(sign("d1", PLAN.digest, replace(entry, by="eleni"), eleni))


def test_where_nobody_is_named_a_name_is_enough() -> None:
    assert opened(plan=FAILOVER).after(AGREED).known("promote").approved(NOW) == ("maria",)


def test_an_entry_comes_back_from_the_journal_with_its_signature() -> None:
    for entry in (AGREED, ANSWERED):
        signed = sign("d1", PLAN.digest, entry, MARIA)
        assert from_json(as_json(signed)) == signed
        assert statement("d1", PLAN.digest, signed) == statement("d1", PLAN.digest, entry)


def test_who_may_agree_belongs_to_the_plan() -> None:
    """A drill that was opened with these persons is not conducted with others."""
    assert Plan.from_json(PLAN.as_json()) == PLAN
    assert PLAN.digest != FAILOVER.digest


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "public").write_bytes(MARIA.export_public_key())
    with pytest.raises(InvalidInput, match="it holds no private SSH key"):
        read_key(tmp_path / "public")
    with pytest.raises(InvalidInput, match="No such file"):
        read_key(tmp_path / "none")


@pytest.mark.slow
def test_a_key_with_a_passphrase_opens_with_it_alone(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(MARIA.export_private_key(passphrase=PASSPHRASE, rounds=2, ignore_few_rounds=True))
    assert public(read_key(tmp_path / "key", PASSPHRASE)) == public(MARIA)
    for wrong in (None, "kalimera"):
        with pytest.raises(Locked):
            read_key(tmp_path / "key", wrong)
