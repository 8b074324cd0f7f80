"""A vantage point as a process of its own: it asks what it is told to, from wherever it was started.

    ip netns exec STREET python -m monitoring.probing.agent --resolver 10.1.0.53

It reads questions from its standard input and writes what it found to its standard output, a line of JSON each, in any
order; it ends with its input. Each question is {"id", "probe", "host", "spec", "deadline_s"}, each answer {"id",
"found"}. Secrets come as references and are resolved where it runs.
"""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from typing import Any

from monitoring.probing.declared import probes
from monitoring.probing.failure import Failure
from monitoring.probing.look import Ask, look
from monitoring.probing.probe import Found
from monitoring.probing.trip import Address, Way

LONGEST_LINE = 1 << 16


def question(number: int, ask: Ask) -> bytes:
    """Of an ask: what the agent reads."""
    told = {
        "id": number,
        "probe": ask.probe.name,
        "host": ask.host,
        "spec": asdict(ask.spec),  # type: ignore[call-overload]  # a spec is a dataclass
        "deadline_s": ask.deadline_s,
    }
    return json.dumps(told).encode() + b"\n"


def answer(line: bytes) -> tuple[int, Found]:
    """Of what the agent wrote. Raises ValueError where it makes no sense."""
    try:
        told = json.loads(line)
        number, found = int(told["id"]), dict(told["found"])
        failure = None if found["failure"] is None else Failure(found["failure"])
        return number, Found(**{**found, "failure": failure})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no answer of a vantage point") from error


def _asked(line: bytes) -> tuple[int, Ask]:
    told: dict[str, Any] = json.loads(line)
    probe = probes()[told["probe"]]
    spec = {key: tuple(value) if isinstance(value, list) else value for key, value in told["spec"].items()}
    ask = Ask(probe=probe, host=told["host"], spec=probe.spec(**spec), deadline_s=told["deadline_s"])
    return told["id"], ask


async def serve(way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the input ends. A line that is no question ends it too: whoever wrote it is another version."""

    async def found(number: int, ask: Ask) -> None:
        told = {"id": number, "found": asdict(await look(ask, way))}
        writer.write(json.dumps(told).encode() + b"\n")
        await writer.drain()

    async with asyncio.TaskGroup() as looks:
        while line := await reader.readline():
            looks.create_task(found(*_asked(line)))


def _address(text: str) -> Address:
    host, _, port = text.partition(":")
    return Address(host, int(port or 53))


def _way() -> Way:
    arguments = argparse.ArgumentParser(prog="python -m monitoring.probing.agent")
    arguments.add_argument("--source", default="", help="local address to send from")
    told = "ADDRESS or ADDRESS:PORT of who answers questions for names; given again, the next one"
    arguments.add_argument("--resolver", type=_address, action="append", default=[], help=told)
    arguments.add_argument("--trust", default="", help="file of PEM certificates to trust")
    given = arguments.parse_args()
    return Way(source=given.source, resolvers=tuple(given.resolver), trust=given.trust)


async def _main(way: Way) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout)
    await serve(way, reader, asyncio.StreamWriter(transport, protocol, None, loop))


if __name__ == "__main__":
    asyncio.run(_main(_way()))
