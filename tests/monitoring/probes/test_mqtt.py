from pathlib import Path

import pytest

from monitoring.probing.failure import Failure
from tests.monitoring.asked import asked
from tests.monitoring.paper_servers import Reader, Writer, saying, serving

# As Mosquitto 2.0.11 answers.
ACCEPTED, PONG = b"\x20\x02\x00\x00", b"\xd0\x00"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answers", "failure"),
    [
        ((ACCEPTED, PONG), None),
        ((b"\x20\x02\x00\x05",), Failure.NOT_LET_IN),
        ((b"\x20\x02\x00\x04",), Failure.NOT_LET_IN),
        ((b"\x20\x02\x00\x03",), Failure.WRONG_ANSWER),
        ((b"HTTP/1.1 400\r\n",), Failure.WRONG_ANSWER),
        ((ACCEPTED, b"\x30\x01"), Failure.WRONG_ANSWER),
        ((ACCEPTED, b""), Failure.NO_ANSWER),
    ],
)
async def test_what_a_broker_says_is_good_or_the_cause(
    tmp_path: Path, answers: tuple[bytes, ...], failure: Failure | None
) -> None:
    async with saying(b"", *answers) as port:
        found = await asked(tmp_path, f"{{mqtt: {port}, tls: false}}", deadline_s=2)
    assert (found.failure, found.heard) == (failure, True), found.detail


async def test_a_user_signs_in_with_the_secret_that_is_kept_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret\n", encoding="utf-8")
    heard: list[bytes] = []

    async def serve(reader: Reader, writer: Writer) -> None:
        kind, length = await reader.readexactly(2)
        heard.append(bytes([kind]) + await reader.readexactly(length))
        writer.write(ACCEPTED)
        await reader.readexactly(2)
        writer.write(PONG)
        await reader.read()

    async with serving(serve) as port:
        declared = f"{{mqtt: {port}, tls: false, user: probe, password: 'file:{tmp_path}/password'}}"
        assert (await asked(tmp_path, declared)).failure is None
    # Mosquitto took this: clean session, user and password, 30 s
    assert heard[0].startswith(b"\x10\x00\x04MQTT\x04\xc2\x00\x1e\x00\x15asty-")
    assert heard[0].endswith(b"\x00\x05probe\x00\x06s3cret")


async def test_a_secret_that_cannot_be_had_is_our_own_trouble_and_is_named_without_its_value(tmp_path: Path) -> None:
    found = await asked(tmp_path, f"{{mqtt: 1, user: probe, password: 'file:{tmp_path}/gone'}}")
    assert (found.failure, found.heard) == (Failure.NOT_ASKED, False)
    assert found.detail == f"the secret file:{tmp_path}/gone cannot be had"
