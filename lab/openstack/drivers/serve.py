"""Serve a WSGI application on loopback: `python -m lab.openstack.drivers.serve MODULE PORT THREADS`."""

import importlib
import logging
import sys
from pathlib import Path

import waitress

from lab.openstack.drivers.front import UNAVAILABLE, Application, Front

LOOPBACK = "127.0.0.1"


def serve(application: Application, port: int, threads: int) -> None:
    """Answer requests until the process is ended."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a full queue is our small number of threads
    waitress.serve(
        Front(application, Path(UNAVAILABLE, str(port))),
        host=LOOPBACK,
        port=port,
        threads=threads,
        ident=None,
        channel_timeout=600,
        connection_limit=1000,
        asyncore_use_poll=True,
    )


def main(module: str, port: str, threads: str) -> None:
    sys.argv = [module]  # the projects parse the command line when their application is imported
    serve(importlib.import_module(module).application, int(port), int(threads))


if __name__ == "__main__":
    main(*sys.argv[1:])
