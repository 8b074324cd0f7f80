"""One question asked from where this process stands: `python -m drs.outside.agent QUESTION` writes its answer, as JSON.

{"ask": NAME, "servers": [[ADDRESS, PORT], ...]} -> [{"addresses": [...] or null, "ttl_s": N, "reason": ""}, ...]
{"write": TOKEN, "fqdn": ..., "port": N, "address": ..., "trust": FILE, "resolvers": [...]} -> a Try
{"tokens": null, "fqdn": ..., "port": N, "address": ..., "trust": FILE, "resolvers": [...]} -> [TOKEN, ...]
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from drs.outside.dns import NoAnswer, ask
from drs.outside.marker import Client


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


if __name__ == "__main__":
    sys.stdout.write(json.dumps(answer(json.loads(sys.argv[1]))))
