from pathlib import Path

import pytest

from monitoring.probing.failure import Failure
from tests.monitoring.asked import asked
from tests.monitoring.paper_servers import saying

# As RFC 5321, 4.2 and 4.3.2 have it; no real server was asked.
GREETING = b"220 mail.example.test ESMTP Postfix (Debian/GNU)\r\n"
OFFERS = (
    b"250-mail.example.test\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-VRFY\r\n250-ETRN\r\n250-STARTTLS\r\n"
    b"250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n"
)


@pytest.mark.parametrize(
    ("tls", "answers", "failure"),
    [
        ("none", (GREETING, OFFERS), None),
        ("none", (b"220-wait\r\n220 mail\r\n", b"250 mail\r\n"), None),
        ("starttls", (GREETING, b"250 mail.example.test\r\n"), Failure.NO_TLS),
        ("starttls", (GREETING, OFFERS, b"454 TLS not available due to local problem\r\n"), Failure.WRONG_ANSWER),
        ("starttls", (GREETING, OFFERS, b"220 2.0.0 Ready to start TLS\r\nno TLS at all\r\n"), Failure.CUT_OFF),
        ("none", (b"421 too many connections\r\n",), Failure.WRONG_ANSWER),
        ("none", (GREETING, b"502 5.5.2 Error\r\n"), Failure.WRONG_ANSWER),
        ("none", (b"SSH-2.0-OpenSSH\r\n",), Failure.WRONG_ANSWER),
        ("none", (b"220-again and again\r\n" * 5000,), Failure.WRONG_ANSWER),
        ("none", (b"2" * 100_000,), Failure.WRONG_ANSWER),
    ],
)
async def test_what_a_mail_server_says_is_good_or_the_cause(
    tmp_path: Path, tls: str, answers: tuple[bytes, ...], failure: Failure | None
) -> None:
    async with saying(*answers) as port:
        found = await asked(tmp_path, f"{{smtp: {port}, tls: {tls}}}", deadline_s=20)
    assert (found.failure, found.heard) == (failure, True), found.detail
