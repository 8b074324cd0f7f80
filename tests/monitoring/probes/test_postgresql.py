from pathlib import Path

import pytest

from monitoring.probing import scram
from monitoring.probing.failure import Failed, Failure
from monitoring.probing.probe import Found
from monitoring.probing.scram import Scram
from tests.monitoring.asked import asked
from tests.monitoring.paper_servers import saying

# What PostgreSQL 15.18 said to user postgres with password s3cret and the nonce below.
NONCE = "rOprNGfwEbeRWgbNEkqO"
WANTS_SCRAM = b"R\x00\x00\x00\x17\x00\x00\x00\nSCRAM-SHA-256\x00\x00"
CHALLENGE = (
    b"R\x00\x00\x00X\x00\x00\x00\x0br=rOprNGfwEbeRWgbNEkqOPWwY7lavtFKkudOurG+phVbz,s=2cwQQNvP2hiowI9JaUsOIw==,i=4096"
)
LET_IN = (
    b"R\x00\x00\x006\x00\x00\x00\x0cv=Gp6Z9CV07YHcVp2VoGb/7Ytfbn4x8ZVb+5bC8CrSY/c="
    b"R\x00\x00\x00\x08\x00\x00\x00\x00S\x00\x00\x00\x1aapplication_name\x00asty\x00"
    b"S\x00\x00\x00\x17in_hot_standby\x00off\x00S\x00\x00\x00\x19integer_datetimes\x00on\x00"
    b"K\x00\x00\x00\x0c\x00\x00\x1b\x02'5\\3Z\x00\x00\x00\x05I"
)
WRITES = (
    b"T\x00\x00\x00*\x00\x01pg_is_in_recovery\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x01\xff\xff\xff\xff\x00\x00"
    b"D\x00\x00\x00\x0b\x00\x01\x00\x00\x00\x01fC\x00\x00\x00\rSELECT 1\x00Z\x00\x00\x00\x05I"
)
STANDS_BY = WRITES.replace(b"\x01fC", b"\x01tC")
NO_DATABASE = (
    b'E\x00\x00\x00\\SFATAL\x00VFATAL\x00C3D000\x00Mdatabase "nothing" does not exist\x00Fpostinit.c\x00L948\x00'
    b"RInitPostgres\x00\x00"
)
STARTING = b"E\x00\x00\x00)SFATAL\x00C57P03\x00Mit is starting up now\x00\x00"
TRUSTS = b"R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I"


async def found(tmp_path: Path, *answers: bytes, declared: str = "", known: str = "s3cret") -> Found:
    (tmp_path / "password").write_text(known, encoding="utf-8")
    login = f"user: postgres, password: 'file:{tmp_path}/password', tls: false{declared}"
    async with saying(b"", *answers) as port:
        return await asked(tmp_path, f"{{postgresql: postgres, port: {port}, {login}}}", deadline_s=20)


@pytest.mark.parametrize(
    ("declared", "answer", "failure"),
    [
        ("", WRITES, None),
        ("", STANDS_BY, None),
        (", recovery: false", WRITES, None),
        (", recovery: true", STANDS_BY, None),
        (", recovery: true", WRITES, Failure.WRONG_ANSWER),
        (", recovery: false", STANDS_BY, Failure.WRONG_ANSWER),
        ("", b"Z\x00\x00\x00\x05I", Failure.WRONG_ANSWER),
        ("", STARTING, Failure.WRONG_ANSWER),
        ("", b"S\x00\x00\x00\x05x" * 3000, Failure.WRONG_ANSWER),
        ("", b"D\xff\xff\xff\xff", Failure.WRONG_ANSWER),
        ("", b"D\x00\x00\x00\x00", Failure.WRONG_ANSWER),
    ],
)
async def test_a_database_that_was_signed_in_to_answers_whether_it_takes_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, declared: str, answer: bytes, failure: Failure | None
) -> None:
    monkeypatch.setattr(scram, "token_urlsafe", lambda _: NONCE)
    seen = await found(tmp_path, WANTS_SCRAM, CHALLENGE, LET_IN, answer, declared=declared)
    assert (seen.failure, seen.heard) == (failure, True), seen.detail


@pytest.mark.parametrize(
    ("answers", "failure"),
    [
        ((TRUSTS, WRITES), None),
        ((NO_DATABASE,), Failure.NOT_LET_IN),
        ((STARTING,), Failure.WRONG_ANSWER),
        ((b"R\x00\x00\x00\x0c\x00\x00\x00\x05salt",), Failure.NOT_LET_IN),
        ((b"R\x00\x00\x00\x08\x00\x00\x00\x03",), Failure.NOT_LET_IN),
        ((WANTS_SCRAM, CHALLENGE), Failure.WRONG_ANSWER),
        ((WANTS_SCRAM, b"R\x00\x00\x00\x0c\x00\x00\x00\x0br=,s"), Failure.WRONG_ANSWER),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), Failure.WRONG_ANSWER),
    ],
)
async def test_a_database_that_lets_nobody_in_tells_why(
    tmp_path: Path, answers: tuple[bytes, ...], failure: Failure | None
) -> None:
    assert (await found(tmp_path, *answers)).failure is failure


async def test_a_server_that_does_not_know_the_password_either_is_no_database_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scram, "token_urlsafe", lambda _: NONCE)
    seen = await found(tmp_path, WANTS_SCRAM, CHALLENGE, LET_IN, WRITES, known="another")
    assert (seen.failure, seen.detail) == (Failure.WRONG_ANSWER, "the server does not know the password")


async def test_a_password_goes_nowhere_without_tls(tmp_path: Path) -> None:
    async with saying(b"", b"N") as port:
        seen = await asked(tmp_path, f"{{postgresql: postgres, user: postgres, port: {port}}}")
    assert seen.failure is Failure.NO_TLS


@pytest.mark.parametrize(
    "challenge",
    [
        b"r=another,s=2cwQQNvP2hiowI9JaUsOIw==,i=4096",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=2cwQQNvP2hiowI9JaUsOIw==,i=999999999",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=2cwQQNvP2hiowI9JaUsOIw==,i=0",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=!,i=4096",
        b"\xff",
    ],
)
def test_a_challenge_that_is_not_for_us_or_costs_too_much_is_refused(challenge: bytes) -> None:
    with pytest.raises(Failed):
        Scram(b"s3cret", NONCE).final(challenge)
