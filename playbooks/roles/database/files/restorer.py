"""Answers the keeper, who asks at a socket: what rows do the copies give, restored to a place in the log?

It runs as a user who reads the copies and owns nothing but a scratch folder: what the restored cluster may do, it does
as that user, and what is left of it ends with this program's unit.
"""

import json
import sys
from pathlib import Path

from repository import Repository  # type: ignore[import-not-found, unused-ignore]
from restored import BrokenError, rows_at  # type: ignore[import-not-found, unused-ignore]

COPIES = Path("/mnt/vdb/copies")
SCRATCH = Path("/mnt/vdb/scratch")


def answer(asked: str) -> dict[str, object]:
    """`rows`, or `problem`."""
    told = json.loads(asked)
    repository = Repository(COPIES)
    if not (bases := repository.bases()):
        return {"problem": "there is no base copy yet"}
    base = repository.base(bases[-1])
    try:
        return {"rows": rows_at(repository, base, told["to"], told["database"], SCRATCH), "base": base.name}
    except BrokenError as problem:
        return {"problem": str(problem)}


def main() -> None:
    json.dump(answer(sys.stdin.readline()), sys.stdout)


if __name__ == "__main__":
    main()
