"""Questions asked from where this process stands: `python -m drs.outside.agent`, one on each line, as JSON.

{"id": N, "ask": NAME, "servers": [[ADDRESS, PORT], ...]}
    -> [{"addresses": [...] or null, "ttl_s": N, "reason": ""}, ...]
{"id": N, "write": TOKEN, "fqdn": ..., "port": N, "address": ..., "trust": FILE, "resolvers": [...]} -> a Try
{"id": N, "tokens": null, "fqdn": ..., "port": N, "address": ..., "trust": FILE, "resolvers": [...]} -> [TOKEN, ...]

Each is answered as soon as its answer is known, on a line {"id": N, "answer": ...}, or {"id": N, "failed": WHY}. The
process ends with its input.
"""

import json
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any

from drs.outside.dns import NoAnswer, ask
from drs.outside.marker import Client

_AT_ONCE = 64


def answer(question: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Raises NoAnswer and NotTaken for a list of tokens that nobody tells."""
    if "ask" in question:
        with ThreadPoolExecutor() as pool:
            return list(pool.map(lambda server: _asked(question["ask"], server), question["servers"]))
    client = Client(
        fqdn=question["fqdn"],
        port=question["port"],
        resolvers=tuple((address, port) for address, port in question["resolvers"]),
        trust=Path(question["trust"]) if question["trust"] else None,
    )
    if "write" in question:
        return asdict(client.write(question["write"], question["address"]))
    return list(client.entrance(question["address"] or client.resolve()).tokens())


def _asked(name: str, server: list[Any]) -> dict[str, Any]:
    try:
        found = ask((server[0], server[1]), name)
    except NoAnswer as error:
        return {"addresses": None, "ttl_s": 0, "reason": str(error)}
    return {"addresses": list(found.values), "ttl_s": found.ttl_s, "reason": ""}


def serve(questions: Iterable[str], tell: Callable[[str], object]) -> None:
    """Side by side; `tell` is called for one line at a time."""
    turn = Lock()

    def work(question: dict[str, Any]) -> None:
        try:
            told = {"answer": answer(question)}
        except Exception as error:  # noqa: BLE001 - whoever asked hears of it, whatever it is
            told = {"failed": f"{type(error).__name__}: {error}"}
        with turn:
            tell(json.dumps({"id": question["id"], **told}) + "\n")

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for line in questions:
            pool.submit(work, json.loads(line))


def _out(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


if __name__ == "__main__":
    serve(sys.stdin, _out)
