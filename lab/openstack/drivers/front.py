"""What stands before an API, as a proxy does. Standard library only."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
UNAVAILABLE = "unavailable"
"""The folder, in that of the region where its services run, in which a file named as a port has that API answer 503."""


class Front:
    """While `refused` is there, nobody gets to the application (RFC 9110 15.6.4)."""

    def __init__(self, application: Application, refused: Path) -> None:
        self._application, self._refused = application, refused

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self._refused.exists():
            start_response("503 Service Unavailable", [("Content-Type", "text/plain"), ("Retry-After", "1")])
            return [b"503 Service Unavailable\n"]
        return self._application(environ, start_response)
