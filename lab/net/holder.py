"""Which lab has a mark on this machine. Two labs with one base address never work, and never remove, under one mark.

The agent of a lab's network writes the lab's folder beside the machine's locks; a reboot empties that folder as it
does /run/netns. What stands under the mark of another lab that still exists is a stranger's.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from city.errors import Refused
from lab.net import kernel, names
from lab.params import LabParams

LOCKS = Path("/run/lock")


def another(params: LabParams) -> Path | None:
    """The folder of the other lab that has this lab's mark; None where none has, or it is no lab any more."""
    with suppress(OSError):
        told = _file(params).read_text(encoding="utf-8").strip()
        if told and Path(told) != params.root and (Path(told) / params.file.name).exists():
            return Path(told)
    return None


def own(params: LabParams) -> frozenset[str]:
    """The namespaces of this lab's network that stand here; none of them is another lab's."""
    if another(params) is not None:
        return frozenset()
    return frozenset(name for name in kernel.names(names.mark(params)) if names.ours(params, name))


@contextmanager
def held(params: LabParams) -> Iterator[None]:
    """Meanwhile this lab has the mark, and after that what it made is still its own. Raises Refused."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    with _file(params).open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _refusal(params, _file(params).read_text(encoding="utf-8").strip()) from None
        other = another(params)
        if other is not None and any(names.ours(params, name) for name in kernel.names(names.mark(params))):
            raise _refusal(params, str(other))
        lock.truncate(0)
        lock.write(f"{params.root}\n")
        lock.flush()
        yield


def released(params: LabParams) -> None:
    """Nothing of this lab stands any more: the mark is free."""
    if another(params) is None:
        _file(params).unlink(missing_ok=True)


def _file(params: LabParams) -> Path:
    return LOCKS / f"asty-net-{names.mark(params)}"


def _refusal(params: LabParams, other: str) -> Refused:
    problem = f"lab {other} has the mark {names.mark(params)} on this machine"
    return Refused(f"lab {params.name}", problem, "End that lab, or choose another base address.")
