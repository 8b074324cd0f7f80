import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path

import pytest

from city.errors import InvalidCity
from monitoring.probes import radius
from monitoring.probing.failure import Failure
from tests.monitoring.asked import asked, spec
from tests.monitoring.paper_servers import Reply, answering

pytestmark = pytest.mark.slow

SECRET, PASSWORD = b"testing123", b"hello-this-is-longer-than-sixteen"
# Requests of ours, and what FreeRADIUS 3.2.1 answered.
FREERADIUS = {
    "Status-Server": (
        "0cce002c877d115cc55d7e367c76f936eba1d1e82006617374795012d41eaccbe42c695098b6d008713aace9",
        "02ce0014bdb2fc4c31976b3992d6f540c7bfdc65",
    ),
    "accepted": (
        (
            "01a7006531068517bfabf591fe79c5f8ef3c9739200661737479010770726f626502329104223dc84977f40c36caf52a79ac81b4"
            "dea32ff869afcde6aedf59d6d4faacede8e586114564b41af655e1b4985e975012ed120fbbec5ae17aedae0418d94afca3"
        ),
        "02a70014619f2b83bebb7a2f7ad9602983db6892",
    ),
    "rejected": (
        (
            "0188004590f20db1b6a7f888cfeaaf141355d412200661737479010770726f62650212529c45aa3c04fe3b9ecc3f649f48a2cc50"
            "1227dd8e563a72eff87fd1f2efdd3407ef"
        ),
        "03880014854a60270485ad26c938bfdd4d968b5d",
    ),
}


@pytest.mark.parametrize(("request_hex", "reply_hex"), FREERADIUS.values(), ids=FREERADIUS)
def test_a_real_servers_reply_is_known_by_its_secret_alone(request_hex: str, reply_hex: str) -> None:
    request, reply = bytes.fromhex(request_hex), bytes.fromhex(reply_hex)
    assert radius._is_reply(request, reply, SECRET)
    assert not radius._is_reply(request, reply, b"another")
    assert not radius._is_reply(request, reply[:-1] + b"\0", SECRET)
    assert not radius._is_reply(bytes(2) + request[2:], reply, SECRET)


def test_a_password_is_hidden_as_the_server_finds_it() -> None:
    request = bytes.fromhex(FREERADIUS["accepted"][0])
    kinds = {kind: request[at:end] for kind, at, end in radius._attributes(request)}
    assert radius._hidden(PASSWORD, SECRET, request[4:20]) == kinds[2]


def server(
    code: int, change: Callable[[bytes], bytes] = lambda reply: reply, *, secret: bytes = SECRET, forged: bytes = b""
) -> Reply:
    """Signs as RFC 2865, 3 and RFC 3579, 3.2 ask, with a Message-Authenticator."""

    def reply(request: bytes) -> list[bytes]:
        head = bytes([code, request[1]]) + (38).to_bytes(2)
        mark = hmac.new(secret, head + request[4:20] + b"\x50\x12" + bytes(16), "md5").digest()
        signed = b"\x50\x12" + (forged or mark)
        proof = hashlib.md5(head + request[4:20] + signed + secret, usedforsecurity=False).digest()
        return [change(head + proof + signed)]

    return reply


@pytest.mark.parametrize(
    ("user", "reply", "failure"),
    [
        pytest.param("", server(2), None, id="it is there"),
        pytest.param("probe", server(2), None, id="it lets the user in"),
        pytest.param("probe", server(3), Failure.NOT_LET_IN, id="it rejects the user"),
        pytest.param("probe", server(11), Failure.NOT_LET_IN, id="it wants more than a password"),
        pytest.param("", server(5), Failure.WRONG_ANSWER, id="another code"),
        pytest.param("", server(2, secret=b"another"), Failure.WRONG_ANSWER, id="another secret"),
        pytest.param("", server(2, lambda r: r[:-1] + b"\0"), Failure.WRONG_ANSWER, id="a broken reply"),
        pytest.param("", server(2, forged=bytes(16)), Failure.WRONG_ANSWER, id="a forged Message-Authenticator"),
        pytest.param("", server(2, lambda r: r[:10]), Failure.WRONG_ANSWER, id="a reply that is cut"),
        pytest.param("", lambda _: [b"?"], Failure.WRONG_ANSWER, id="nothing in it"),
        pytest.param("", lambda _: [], Failure.NO_ANSWER, id="silence"),
    ],
)
async def test_what_a_radius_server_says_is_good_or_the_cause(
    tmp_path: Path, user: str, reply: Reply, failure: Failure | None
) -> None:
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "password").write_bytes(PASSWORD)
    login = f", user: {user}, password: 'file:{tmp_path}/password'" if user else ""
    async with answering(reply) as (port, requests):
        found = await asked(tmp_path, f"{{radius: {port}, secret: 'file:{tmp_path}/secret'{login}}}", deadline_s=1.5)
    assert found.failure is failure, found.detail
    assert requests[0][0] == (1 if user else 12)
    assert PASSWORD not in b"".join(requests)


def test_a_user_without_a_password_is_a_defect(tmp_path: Path) -> None:
    with pytest.raises(InvalidCity) as caught:
        spec(tmp_path, "radius", "{radius: 1812, secret: 'env:X', user: probe}")
    assert [defect.problem for defect in caught.value.defects] == [
        "portal: probe: a user and its password belong together"
    ]
