"""One change of a workspace at a time, and one poller: who comes second is told who came first.

The kernel holds the lock (flock(2)) for as long as the process lives: one that was killed holds nothing. The file
says who it is, for people.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from asty.workspace import Workspace
from city.errors import Refused


@contextmanager
def one_at_a_time(workspace: Workspace, verb: str, *, being: str = "changed") -> Iterator[None]:
    """Holds the workspace while `verb` changes it, or what else it does. Raises Refused, naming who does it already."""
    path = workspace.home / f"{being}.lock"
    with path.open("a+", encoding="utf-8") as file:
        path.chmod(0o600)
        try:
            flock(file, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                f"workspace {workspace.name}",
                f"it is being {being} by {_holder(path)}",
                "Wait until that is over, or end it; then try again.",
            ) from error
        file.truncate(0)
        json.dump({"verb": verb, "pid": os.getpid(), "since": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}, file)
        file.flush()
        yield


def _holder(path: Path) -> str:
    """Also where the other one has not said yet who it is."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return f"`asty {told['verb']}`, process {told['pid']}, since {told['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
