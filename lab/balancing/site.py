"""The load balancers of one region, kept as Octavia declares them, round after round.

The provider's driver writes what ought to be, and learns here what is (lab.openstack.drivers.exchange): for each load
balancer the revision that was taken up, what was in its way, and the operating statuses that are known.
"""

import contextlib
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.balancing.balancer import Balancer
from lab.balancing.haproxy import short
from lab.balancing.keeper import Keeper
from lab.openstack.drivers.exchange import Exchange

_FOLDER_OF = "lb-"
_LARGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`exchange` is the region's folder of load balancers; `namespace` names that of a device.

    Without `namespace`, HAProxy stands on the addresses of this machine: good for a trial on loopback.
    """

    exchange: Path
    certificates: Path
    user: str | None
    namespace: Callable[[str], str] | None = None

    def keeper(self, folder: str, device: str) -> Keeper:
        namespace = self.namespace(device) if self.namespace else None
        return Keeper(self.exchange / folder, self.certificates, namespace, self.user)


class Site:
    """Not made before the region's folder is there, which belongs to who runs the lab."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._exchange = Exchange(place.exchange)
        self._exchange.open()
        self._balancers: dict[str, Balancer] | None = None
        self._keepers: dict[str, Keeper] = {}
        self._told: dict[str, dict[str, Any]] = {}
        self.nudges = self._listen()

    @property
    def devices(self) -> set[str] | None:
        """Those of the load balancers that ought to be; None while nobody has said so."""
        return None if self._balancers is None else {one.device for one in self._balancers.values()}

    def round(self, *, whole: bool, alive: bool = True) -> None:
        """One look, and what it takes to make things as declared.

        With `alive` it looks whether each process runs where it should; a `whole` one trusts nothing it saw before.
        """
        changed = self._news()
        heard = self._heard()
        if self._balancers is None:
            return
        for balancer in self._balancers.values():
            keeper = self._keepers[balancer.id]
            if whole or balancer.id in changed or (alive and not keeper.steady):
                self._tell(balancer, keeper.keep(balancer), keeper)
            elif any(pool.id in heard for pool in balancer.pools):
                self._tell(balancer, keeper.heed(balancer) or str(self._told[balancer.id]["error"]), keeper)
        self._forget()
        self._exchange.told.write({"balancers": self._told})

    def close(self) -> None:
        self.nudges.close()

    def _news(self) -> set[str]:
        """Take up what is declared, if it is new; returns the load balancers that are to be otherwise than before."""
        wanted = self._exchange.wanted.read() if self._exchange.wanted.news() else None
        if wanted is None:
            return set()
        before = self._balancers or {}
        self._balancers = {raw["id"]: Balancer.read(raw) for raw in wanted["balancers"]}
        for balancer in self._balancers.values():
            self._keepers.setdefault(balancer.id, self._place.keeper(_FOLDER_OF + balancer.id, balancer.device))
        return {key for key, one in self._balancers.items() if key not in before or before[key] != one}

    def _tell(self, balancer: Balancer, error: str, keeper: Keeper) -> None:
        self._told[balancer.id] = {
            "revision": balancer.revision,
            "error": error,
            "statuses": keeper.statuses(balancer),
        }

    def _forget(self) -> None:
        """Remove what nobody declares any more, also what an earlier run of us made."""
        known: Mapping[str, Balancer] = self._balancers or {}
        for folder in self._place.exchange.glob(f"{_FOLDER_OF}*"):
            name = folder.name.removeprefix(_FOLDER_OF)
            if name not in known:
                keeper = self._keepers.pop(name, None) or self._place.keeper(folder.name, folder.name)
                keeper.remove()
                self._told.pop(name, None)

    def _heard(self) -> str:
        """All that the load balancers said of their members since the last look."""
        said = bytearray()
        with contextlib.suppress(BlockingIOError):
            while True:
                said += self.nudges.recv(_LARGEST)
        return said.decode(errors="replace")

    def _listen(self) -> socket.socket:
        """Where HAProxy, which is no longer root, writes each change of a member's health."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        file = self._place.exchange / "nudges"
        file.unlink(missing_ok=True)
        with short(self._place.exchange) as folder:
            listener.bind(f"{folder}/{file.name}")
        file.chmod(0o622)  # only who stands in a load balancer's folder reaches it
        return listener
