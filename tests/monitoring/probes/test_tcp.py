from pathlib import Path

import pytest

from monitoring.probing.failure import Failure
from monitoring.probing.trip import Way
from tests.monitoring.asked import asked
from tests.monitoring.paper_servers import Reader, Writer, saying, serving


@pytest.mark.parametrize(
    ("declared", "failure"),
    [("", None), (", banner: SSH-2.0", None), (", banner: SSH-1.99", Failure.WRONG_ANSWER)],
)
async def test_a_port_that_takes_connections_is_good_and_what_it_says_first_is_compared(
    tmp_path: Path, declared: str, failure: Failure | None
) -> None:
    async with saying(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n" + b"x" * 100_000) as port:
        assert (await asked(tmp_path, f"{{tcp: {port}{declared}}}")).failure is failure


async def test_a_port_that_nobody_listens_on_refuses_and_so_proves_that_we_hear(tmp_path: Path) -> None:
    async with saying(b"") as port:
        pass
    found = await asked(tmp_path, f"{{tcp: {port}}}")
    assert (found.failure, found.heard) == (Failure.REFUSED, True)


@pytest.mark.slow
async def test_a_silent_server_with_a_declared_banner_is_late(tmp_path: Path) -> None:
    async def silent(reader: Reader, _: Writer) -> None:
        await reader.read()

    async with serving(silent) as port:
        found = await asked(tmp_path, f"{{tcp: {port}, banner: SSH}}", deadline_s=1)
    assert (found.failure, found.detail) == (Failure.NO_ANSWER, "within 1 s")


async def test_a_vantage_point_sends_from_its_own_address(tmp_path: Path) -> None:
    seen: list[str] = []

    async def serve(_: Reader, writer: Writer) -> None:
        seen.append(writer.get_extra_info("peername")[0])

    async with serving(serve) as port:
        found = await asked(tmp_path, f"{{tcp: {port}}}", way=Way(source="127.0.0.77"))
    assert (found.failure, seen) == (None, ["127.0.0.77"])


async def test_an_address_that_is_not_ours_is_our_own_trouble(tmp_path: Path) -> None:
    async with saying(b"") as port:
        found = await asked(tmp_path, f"{{tcp: {port}}}", way=Way(source="192.0.2.1"))
    assert (found.failure, found.heard) == (Failure.NOT_ASKED, False)
