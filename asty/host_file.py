"""What a host says of itself in a file, read over SSH; what nobody could read is unseen, and says why."""

from collections.abc import Callable
from typing import TypeVar

from drs.observed import Unseen
from infra.hosts.access import Access
from infra.hosts.command import run
from infra.hosts.host import Host

A = TypeVar("A")


def told(host: Host, access: Access, file: str, reader: Callable[[str], A | Unseen], what: str) -> A | Unseen:
    """`reader` makes it of the file's text; `what` is what the host says there, in words. Raises nothing of the
    host's."""
    answer = run(host, access, ("cat", file))
    if answer.ran is None:
        return Unseen(reason=f"{host}: {answer.outcome.reason}")
    if answer.ran.exit:
        said = answer.ran.stderr.strip().partition("\n")[0]
        return Unseen(reason=f"{host} does not say {what}: {said or f'exit {answer.ran.exit}'}")
    return reader(answer.ran.stdout)
