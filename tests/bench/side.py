"""One side of a pair, in a process of its own: `python -m tests.bench.side module:function ARG …`."""

import importlib
import json
import sys


def main() -> None:
    module, _, function = sys.argv[1].partition(":")
    wall_s, cpu_s, work = getattr(importlib.import_module(module), function)(*sys.argv[2:])
    print(json.dumps([wall_s, cpu_s, work]))  # noqa: T201 - the answer to the measuring process


if __name__ == "__main__":
    main()
