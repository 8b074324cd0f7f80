"""Octavia's API with the lab's provider: `python -m lab.openstack.drivers.octavia_process PORT CONFIG [FOLDER]`.

With FOLDER, load balancers really balance, and the agent of them is met there (octavia_balanced).
"""

import sys
import threading
from pathlib import Path

from octavia.api import app

from lab.openstack.drivers.octavia_balanced import Balanced
from lab.openstack.drivers.octavia_driver import Settler
from lab.openstack.drivers.serve import serve


def main(port: str, config: str, folder: str = "") -> None:
    sys.argv = ["octavia"]
    application = app.setup_app(argv=["octavia", "--config-file", config])
    settler = Balanced(Path(folder)) if folder else Settler()
    threading.Thread(target=settler.run, name="settler", daemon=True).start()
    serve(application, int(port), threads=6)


if __name__ == "__main__":
    main(*sys.argv[1:])
