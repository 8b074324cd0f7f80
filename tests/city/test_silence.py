"""Why an address does not answer: asked by the libraries that asty asks with, of sockets that behave so."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from keystoneauth1.exceptions import ClientException
from keystoneauth1.session import Session

from city.silence import why_silent

HOST = "127.77.0.2"
"""An address of this test alone."""
Behave = Callable[[socket.socket], None]
Ask = Callable[[str, float], None]


@contextmanager
def listening(behave: Behave) -> Iterator[str]:
    """The address of a server that does this with each connection."""
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"{HOST}:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join(60)


def closes(connection: socket.socket) -> None:
    connection.recv(1)


def says_half(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


def talks_plainly(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def says_nothing(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def by_requests(url: str, patience_s: float) -> None:
    requests.get(url, timeout=patience_s)


def by_keystone(url: str, patience_s: float) -> None:
    Session(timeout=patience_s).get(url, connect_retries=0)


@pytest.mark.slow
@pytest.mark.parametrize("ask", [by_requests, by_keystone])
@pytest.mark.parametrize(
    ("behave", "scheme", "patience_s", "reason"),
    [
        pytest.param(closes, "http", 30, "it closed the connection", id="closed"),
        pytest.param(says_half, "http", 30, "it closed the connection", id="closed half-way"),
        pytest.param(talks_plainly, "https", 30, "it speaks no TLS that is accepted", id="no TLS"),
        pytest.param(says_nothing, "http", 0.2, "it does not answer in 7 s", id="says nothing"),
    ],
)
def test_what_was_seen_is_said(ask: Ask, behave: Behave, scheme: str, patience_s: float, reason: str) -> None:
    with listening(behave) as address, pytest.raises((OSError, ClientException)) as caught:
        ask(f"{scheme}://{address}/", patience_s)
    assert why_silent(caught.value, took_s=7.2) == reason


@pytest.mark.parametrize("ask", [by_requests, by_keystone])
def test_where_nothing_listens_that_is_said(ask: Ask) -> None:
    with pytest.raises((OSError, ClientException)) as caught:
        ask("http://127.0.0.1:9/", 30)
    assert why_silent(caught.value, took_s=1) == "nothing listens at its address"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(socket.gaierror(socket.EAI_NONAME, "?"), "its name is not known", id="no such name"),
        pytest.param(socket.gaierror(socket.EAI_AGAIN, "?"), "nobody resolves its name now", id="no resolver"),
        pytest.param(OSError(113, "No route to host"), "there is no way to it", id="no route"),
        pytest.param(TimeoutError(), "it does not answer in 61 s", id="too late"),
        pytest.param(ConnectionResetError(), "it closed the connection", id="reset"),
        pytest.param(BrokenPipeError(), "it closed the connection", id="a broken pipe"),
        pytest.param(ssl.SSLCertVerificationError(1, "x"), "its certificate is not trusted (x)", id="a certificate"),
        pytest.param(OSError(28, "No space left on device"), None, id="a full disk is no silence"),
        pytest.param(ValueError("x"), None, id="anything else"),
    ],
)
def test_the_first_cause_is_found_wherever_a_library_put_it(error: Exception, reason: str | None) -> None:
    if isinstance(error, ssl.SSLCertVerificationError):
        error.verify_message = "x"
    wrapped = [RuntimeError(error), RuntimeError("outside")]
    wrapped[1].__context__ = middle = RuntimeError("middle")
    middle.__cause__ = error
    for one in (error, *wrapped):
        assert why_silent(one, took_s=60.7) == reason


def test_an_error_that_came_from_itself_ends() -> None:
    error = RuntimeError()
    error.__context__ = error.__cause__ = error
    assert why_silent(error, took_s=1) is None
