"""`python -m lab.hosts.off LABFOLDER`: every guest of the lab shuts down, and what nobody has is removed. Root's."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from city.errors import Failed
from lab.hosts import leftovers
from lab.hosts.folder import HostsFolder
from lab.hosts.life import Life
from lab.params import LabParams

_ORDERLY_S = 10.0


def switch_off(life: Life) -> None:
    """All at once, in order where they can; their disks and volumes stay."""
    with ThreadPoolExecutor(max_workers=32) as pool:
        for done in [pool.submit(life.stop, folder.id, _ORDERLY_S) for folder in life.home.all()]:
            done.result()
    for leftover in leftovers.remove(life):
        sys.stdout.write(f"removed: {leftover}\n")


if __name__ == "__main__":
    try:
        switch_off(Life(HostsFolder(LabParams.load(Path(sys.argv[1])))))
    except Failed as error:
        sys.exit(str(error))
