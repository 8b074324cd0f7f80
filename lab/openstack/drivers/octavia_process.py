"""Octavia's API with the lab's provider: `python -m lab.openstack.drivers.octavia_process PORT CONFIG`."""

import sys
import threading

from octavia.api import app

from lab.openstack.drivers.octavia_driver import Settler
from lab.openstack.drivers.serve import serve


def main(port: str, config: str) -> None:
    sys.argv = ["octavia"]
    application = app.setup_app(argv=["octavia", "--config-file", config])
    threading.Thread(target=Settler().run, name="settler", daemon=True).start()
    serve(application, int(port), threads=6)


if __name__ == "__main__":
    main(*sys.argv[1:])
