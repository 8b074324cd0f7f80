"""A disk that is full, or that takes nothing: told as such, whoever met it."""

import errno

from city.errors import Failed

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_SAID = {
    "database or disk is full": "it is full",
    "attempt to write a readonly database": "it takes no writing",
    "disk I/O error": "it does not read or write",
}
"""What SQLite says, and what it means: its errors carry no number of the system's."""


class DiskTrouble(Failed):
    """Nothing more can be written; what was written stays."""


def disk_trouble(error: BaseException | None) -> DiskTrouble | None:
    """What `error`, or what it came from, says of a disk; None where it says nothing of one."""
    while error is not None:
        if isinstance(error, DiskTrouble):
            return error
        if problem := _problem(error):
            where = f" of {error.filename}" if isinstance(error, OSError) and error.filename else ""
            remedy = "Free some space, or let it be written; then run the same command again."
            return DiskTrouble(f"the disk{where}", problem, remedy)
        error = error.__cause__ or error.__context__
    return None


def _problem(error: BaseException) -> str:
    if isinstance(error, OSError):
        if error.errno in _FULL:
            return "it is full"
        return "it takes no writing" if error.errno == errno.EROFS else ""
    said = str(error)
    return next((problem for words, problem in _SAID.items() if words in said), "")
