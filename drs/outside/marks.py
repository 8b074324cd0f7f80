"""Marks that a client writes into a service, by HTTPS at an address, under the service's name.

A mark is a token that nobody else writes. The service answers 201 only once it is kept, so an answer of 201 is a
promise: if the token is not found after a recovery, it was lost.
"""

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any

_PATH, _KEPT, _OK, _PAGE = "/marks", 201, 200, 1000


class NotTaken(Exception):  # noqa: N818 - a sentence with its subject: "the mark was not taken"
    """Nobody promised to keep a mark, which may be kept all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """A service at an address; `trust` is the file of whom to trust for its certificate (None: the system's own)."""

    fqdn: str
    address: str
    port: int
    trust: Path | None
    timeout_s: float = 3.0

    def write(self, token: str) -> int:
        """The number under which the mark is kept. Raises NotTaken."""
        told = self._ask("POST", _PATH, _KEPT, json.dumps({"token": token}))
        try:
            return int(told["number"])
        except (KeyError, TypeError, ValueError) as error:
            raise NotTaken("it answers no number") from error

    def tokens(self, after: int = 0) -> Iterator[str]:
        """Every mark that is kept. Raises NotTaken where it does not tell."""
        while rows := self._rows(after):
            for row in rows:
                yield str(row["token"])
            after = max(int(row["number"]) for row in rows)

    def _rows(self, after: int) -> list[dict[str, Any]]:
        told = self._ask("GET", f"{_PATH}?after={after}&limit={_PAGE}", _OK)
        rows = told.get("marks") if isinstance(told, dict) else told
        if not isinstance(rows, list):
            raise NotTaken("it answers no list of marks")
        return rows

    def _ask(self, method: str, path: str, wanted: int, body: str | None = None) -> Any:  # noqa: ANN401 - JSON
        line = _Line(self.fqdn.rstrip("."), self.port, timeout=self.timeout_s, context=_context(self.trust))
        line.at = self.address
        try:
            line.request(method, path, body, {"Content-Type": "application/json", "Connection": "close"})
            answer = line.getresponse()
            told = answer.read()
        except (OSError, HTTPException) as error:
            raise NotTaken(str(error) or type(error).__name__) from error
        finally:
            line.close()
        if answer.status != wanted:
            raise NotTaken(f"it answers {answer.status}: {told[:200].decode(errors='replace')}")
        try:
            return json.loads(told)
        except ValueError as error:
            raise NotTaken("it answers no JSON") from error


class _Line(HTTPSConnection):
    """To an address of our choice, with the name in the certificate and in the request."""

    at = ""

    def connect(self) -> None:
        name, self.host = self.host, self.at or self.host
        try:
            super(HTTPSConnection, self).connect()
        finally:
            self.host = name
        self.sock = self._context.wrap_socket(self.sock, server_hostname=name)  # type: ignore[attr-defined]


def _context(trust: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(trust) if trust else None)
