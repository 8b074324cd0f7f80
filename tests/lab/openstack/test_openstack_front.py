"""Before an API stands what a proxy is: it answers 503 while it is told to, and else passes everything on."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lab.openstack.drivers.front import Front


def behind(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"servers"]


def test_it_answers_503_while_the_file_is_there_and_passes_on_before_and_after(tmp_path: Path) -> None:
    refused, heard = tmp_path / "unavailable" / "8774", []
    front = Front(behind, refused)

    def ask() -> tuple[str, bytes]:
        body = b"".join(front({}, lambda status, _headers: heard.append(status)))
        return heard[-1], body

    assert ask() == ("200 OK", b"servers")
    refused.parent.mkdir()
    refused.touch()
    assert ask()[0] == "503 Service Unavailable"
    refused.unlink()
    assert ask() == ("200 OK", b"servers")
