"""The lab's hosts, as Nova's driver asks for them: lab/hosts/desk.py says what. Standard library only.

Every request may be repeated, so one whose answer was lost, because whoever answers was killed, is asked again.
"""

import json
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_BETWEEN_S = 0.2
_ANSWER_S = 600.0


class HostError(Exception):
    """What the hosts' side says: a sentence for whoever asked Nova, and its parts where the hosts' side has them."""

    def __init__(self, sentence: str, said: Mapping[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.said = dict(said or {})


class Hosts:
    """Behind the socket `address`; one that nobody answers is asked again for `patience_s`."""

    def __init__(self, address: str, patience_s: float = 60.0) -> None:
        self._address, self._patience_s = address, patience_s

    def ask(self, verb: str, **told: Any) -> Any:  # noqa: ANN401 - whatever JSON can say
        """The answer. Raises HostError where it is an error, or none comes."""
        request = json.dumps({"do": verb, **told}).encode() + b"\n"
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                answer = self._exchange(request)
                break
            except (OSError, ValueError) as error:
                if time.monotonic() > deadline:
                    raise HostError(f"nobody answers for the lab's hosts: {error}") from error
                time.sleep(_BETWEEN_S)
        if "error" in answer:
            raise HostError(answer["error"], answer.get("said"))
        return answer["ok"]

    def news(self, region: str) -> Iterator[tuple[str, str]]:
        """A server's id and its state: of each, then whenever one changes. Ends where the connection does."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(self._address)
            line.sendall(json.dumps({"do": "listen", "region": region}).encode() + b"\n")
            for answer in map(json.loads, line.makefile("rb")):
                if "id" in answer:
                    yield answer["id"], answer["state"]

    def _exchange(self, request: bytes) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_ANSWER_S)
            line.connect(self._address)
            line.sendall(request)
            answer: dict[str, Any] = json.loads(line.makefile("rb").readline())
            return answer


def changes(news: Iterable[tuple[str, str]], last: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What of the news Nova does not know. `last` is what was heard of each server, and is kept up.

    How a server is when it is heard of first is no change: after a start of the lab all stand still, and Nova starts
    those that ought to run. Told that they had stopped, Nova would stop them for good.
    """
    for server, state in news:
        known, last[server] = last.get(server, state), state
        if known != state:
            yield server, state
