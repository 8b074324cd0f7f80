"""What a host without a cluster says at PostgreSQL's port, over real TLS."""

import contextlib
import importlib
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

FILES = Path(__file__).parents[2] / "playbooks/roles/database/files"
HERE = "127.93.6.1"
"""Of these tests alone: nobody else has a connection from there, whose port would be taken."""
Make = Callable[[str, str], None]


@pytest.fixture
def port() -> int:
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def voice() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FILES))
        yield importlib.import_module("voice")


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`city` and `stranger`, each with a certificate for `portal`; the city has one for `library` too."""
    folder = tmp_path_factory.mktemp("authorities")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1")
    for name in ("city", "stranger"):
        openssl(folder, "req", "-x509", *key, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
        for service in ("portal", "library"):
            own = f"{name}-{service}"
            openssl(folder, "req", *key[:-2], "-subj", f"/CN={service}", "-keyout", f"{own}.key", "-out", f"{own}.csr")
            signed = ("-CA", f"{name}.pem", "-CAkey", f"{name}.key", "-CAcreateserial", "-days", "1")
            openssl(folder, "x509", "-req", "-in", f"{own}.csr", *signed, "-out", f"{own}.pem")
    return folder


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["/usr/bin/openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def shows(voice: Any, authorities: Path, monkeypatch: pytest.MonkeyPatch) -> Make:  # noqa: ANN401 - a program of a host
    """From now on this side trusts the city, and shows this certificate."""

    def show(authority: str, service: str) -> None:
        monkeypatch.setattr(voice, "TRUST", str(authorities / "city.pem"))
        monkeypatch.setattr(voice, "CERTIFICATE", str(authorities / f"{authority}-{service}.pem"))
        monkeypatch.setattr(voice, "KEY", str(authorities / f"{authority}-{service}.key"))

    show("city", "portal")
    return show


@pytest.mark.usefixtures("shows")
@pytest.mark.parametrize("empty", [True, False])
def test_an_empty_volume_is_said_to_be_so_and_another_is_not(voice: Any, port: int, *, empty: bool) -> None:  # noqa: ANN401
    now = [True]
    with voice.Voice(lambda: now[0]) as speaking:
        speaking.speak(HERE, port, "portal")
        now[0] = empty
        assert voice.says_empty(HERE, port, "portal") is empty


@pytest.mark.parametrize(("authority", "service"), [("stranger", "portal"), ("city", "library")])
def test_nobody_believes_who_shows_another_certificate(  # noqa: PLR0913 - fixtures
    voice: Any,  # noqa: ANN401
    port: int,
    shows: Make,
    monkeypatch: pytest.MonkeyPatch,
    *,
    authority: str,
    service: str,
) -> None:
    made = voice._context

    def shown(side: Any) -> Any:  # noqa: ANN401
        """The one who answers is the other."""
        shows(*((authority, service) if side == voice.ssl.PROTOCOL_TLS_SERVER else ("city", "portal")))
        return made(side)

    monkeypatch.setattr(voice, "_context", shown)
    with voice.Voice(lambda: True) as speaking:
        speaking.speak(HERE, port, service)
        assert not voice.says_empty(HERE, port, "portal")


@pytest.mark.usefixtures("shows")
def test_who_refuses_or_says_something_else_is_not_empty(voice: Any, port: int) -> None:  # noqa: ANN401
    assert not voice.says_empty(HERE, port, "portal")
    with socket.create_server((HERE, port)):
        voice._WAIT_S, before = 0.2, voice._WAIT_S
        assert not voice.says_empty(HERE, port, "portal"), "it takes the connection, and says nothing"
        voice._WAIT_S = before


@pytest.mark.usefixtures("shows")
def test_a_client_of_postgresql_is_sent_away_and_harms_nobody(voice: Any, port: int) -> None:  # noqa: ANN401
    with voice.Voice(lambda: True) as speaking:
        speaking.speak(HERE, port, "portal")
        with socket.create_connection((HERE, port)) as line, contextlib.suppress(ConnectionResetError):
            line.sendall(bytes.fromhex("0000000804d2162f"))  # SSLRequest, of the protocol's chapter on messages
            assert line.recv(1) not in {b"S", b"N"}
        assert voice.says_empty(HERE, port, "portal")


@pytest.mark.usefixtures("shows")
def test_the_port_is_postgresqls_afterwards(voice: Any, port: int) -> None:  # noqa: ANN401
    with voice.Voice(lambda: True) as speaking:
        speaking.speak(HERE, port, "portal")
        speaking.speak(HERE, port, "portal")
        assert voice.says_empty(HERE, port, "portal")
    with socket.create_server((HERE, port)):
        pass


@pytest.mark.usefixtures("shows")
def test_a_host_with_a_cluster_takes_no_port(voice: Any, port: int) -> None:  # noqa: ANN401
    with voice.Voice(lambda: False) as speaking, socket.create_server((HERE, port)):
        speaking.speak(HERE, port, "portal")
