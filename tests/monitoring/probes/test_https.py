import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import SSLContext

import pytest

from monitoring.probing.failure import Failure
from monitoring.probing.probe import Found
from monitoring.probing.trip import Address, Way
from tests.monitoring.asked import asked
from tests.monitoring.certificates import Signer, server, signer
from tests.monitoring.paper_servers import LOOPBACK, Reader, Writer, answering, name_server, serving

HOST = "www.example.test"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready"


@pytest.fixture(scope="module")
def city_ca() -> Signer:
    return signer("Example CA")


async def _ok(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(OK)
    await reader.read()


async def _at(folder: Path, trusted: Signer, tls: SSLContext, declared: str = "{https: /healthz, ") -> Found:
    trust = folder / "trust.pem"
    trust.write_bytes(trusted.pem)
    async with serving(_ok, tls) as port, answering(name_server({HOST: LOOPBACK})) as (resolver, _):
        way = Way(resolvers=(Address(LOOPBACK, resolver),), trust=str(trust))
        return await asked(folder, f"{declared}port: {port}}}", host=HOST, way=way)


async def test_a_page_of_a_trusted_server_is_good_and_tells_when_its_chain_ends(
    tmp_path: Path, city_ca: Signer
) -> None:
    between = signer("Example Issuing CA", city_ca, days=7)
    found = await _at(tmp_path, city_ca, server(tmp_path, between, days=30, between=between))
    assert (found.failure, found.heard) == (None, True)
    assert found.detail.startswith("HTTP 200 OK from 127.0.0.1; www.example.test signed by Example CA, until ")
    assert found.certificate_ends is not None
    left = datetime.fromtimestamp(found.certificate_ends, UTC) - datetime.now(UTC)
    assert timedelta(days=6) < left < timedelta(days=8), "the first that ends is the one between"


@pytest.mark.parametrize(
    ("make", "failure"),
    [
        pytest.param(lambda f, ca: server(f, ca, days=-1), Failure.EXPIRED, id="expired"),
        pytest.param(lambda f, ca: server(f, ca, days=9, from_days=3), Failure.NOT_YET, id="not valid yet"),
        pytest.param(lambda f, ca: server(f, ca, "login.example.test"), Failure.WRONG_NAME, id="another name"),
        pytest.param(lambda f, _: server(f, None), Failure.UNTRUSTED, id="self-signed"),
        pytest.param(lambda f, _: server(f, signer("Another CA")), Failure.UNTRUSTED, id="another signer"),
        pytest.param(
            lambda f, ca: server(f, signer("Issuing CA", ca)), Failure.UNTRUSTED, id="the one between is not shown"
        ),
        pytest.param(
            lambda f, ca: server(f, (b := signer("Old CA", ca, days=-1)), between=b),
            Failure.EXPIRED,
            id="the one between has expired",
        ),
    ],
)
async def test_a_wrong_certificate_is_the_cause_whatever_the_page_says(
    tmp_path: Path, city_ca: Signer, make: Callable[[Path, Signer], SSLContext], failure: Failure
) -> None:
    found = await _at(tmp_path, city_ca, make(tmp_path, city_ca))
    assert (found.failure, found.heard, found.certificate_ends) == (failure, True, None)


async def test_a_server_that_speaks_no_tls_is_told_from_one_that_is_away(tmp_path: Path) -> None:
    async with serving(_plain) as port:
        found = await asked(tmp_path, f"{{https: /, port: {port}}}")
    assert (found.failure, found.heard) == (Failure.NO_TLS, True)
    gone = await asked(tmp_path, f"{{https: /, port: {port}}}")
    assert (gone.failure, gone.heard) == (Failure.REFUSED, True)


async def _plain(_: Reader, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await asyncio.sleep(5)


@pytest.mark.slow
async def test_a_server_that_never_ends_its_handshake_costs_the_deadline_alone(tmp_path: Path) -> None:
    async def silent(reader: Reader, _: Writer) -> None:
        await reader.read()

    async with serving(silent) as port:
        found = await asked(tmp_path, f"{{https: /, port: {port}}}", deadline_s=1)
    assert (found.failure, found.heard) == (Failure.NO_TLS, True)
    assert 0.9 < found.seconds < 20


async def test_whom_to_trust_that_cannot_be_read_is_our_own_trouble(tmp_path: Path, city_ca: Signer) -> None:
    async with serving(_ok, server(tmp_path, city_ca)) as port:
        way = Way(trust=str(tmp_path / "nobody.pem"))
        found = await asked(tmp_path, f"{{https: /, port: {port}}}", way=way)
    assert found.failure is Failure.NOT_ASKED
    assert "nobody.pem" in found.detail
