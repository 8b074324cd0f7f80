"""`python -m lab.names FOLDER`: keep the names of both sites of the lab in FOLDER. It takes no root.

Level-triggered: a server that was killed is started again, a zone that the name server does not show as declared is
taken up anew. The agent alone may end at any moment; name servers and resolvers go on without it.
"""

import logging
import sys
import time
from pathlib import Path

from lab.names.places import places
from lab.names.site import Site
from lab.params import LabParams

_LOG = logging.getLogger("names")
_LOOK_S = 0.25
"""Between two looks for news of Designate, and at processes that should run."""
_WHOLE_S = 10.0
"""Between two rounds that ask the name servers themselves."""


def main(root: Path) -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    sites = [Site(place) for place in places(LabParams.load(root))]
    due = 0.0
    while True:
        whole = time.monotonic() >= due
        for site in sites:
            try:
                site.round(whole=whole)
            except Exception:  # noqa: BLE001 - the next round tries again; what is not told stays pending, and shows it
                _LOG.exception("a round failed")
        due = time.monotonic() + _WHOLE_S if whole else due
        time.sleep(_LOOK_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
