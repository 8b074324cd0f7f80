"""What was observed, as the promises and the dashboard read it: one ledger, opened once, and how it is told."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

from asty import lab_access, snapshots
from asty.city_data import load
from asty.workspace import Workspace
from city.errors import InvalidCity
from city.kept import keep, kept
from city.model.city import City
from monitoring.figures.rounding import at_least, at_most
from monitoring.ledger.store import Ledger
from monitoring.snapshot import ObservedIn, Snapshot

_LOG = logging.getLogger(__name__)

LAB = (
    "Devices and services were observed in a laboratory that stands in for the city's equipment: "
    "what rests on them shows that the method works, not how the city is served."
)


def taker(city: City, ledger: Ledger) -> Callable[[datetime], Snapshot]:
    """Takes the snapshot of any moment of what was observed in this workspace."""
    return snapshots.takers(city, lab_access.OBSERVED_IN)(ledger)


def city_of_then(workspace: Workspace, city: City, ledger: Ledger, at: datetime) -> City | None:
    """The city as it was declared at `at`; None where its data of then are not at hand any more.

    `city`, as it is now, where it is the same, or where nobody recorded what was declared then.
    """
    recorded = ledger.declared_at(at)
    if recorded in {None, city.fingerprint}:
        return city
    folder = None if recorded is None else kept(recorded, workspace.declared)
    if folder is None:
        return None
    try:
        return load(folder)
    except InvalidCity:
        _LOG.warning(
            "%s was right when it was kept, and does not hold to the rules of today: its figures are not told", folder
        )
        return None


def keep_declared(workspace: Workspace, city: City) -> None:
    """A copy of the city's data, by which past figures are computed later; where there can be none, that is logged."""
    try:
        is_kept = keep(city.folder, city.fingerprint, workspace.declared)
    except OSError as error:
        _LOG.warning("no copy of %s can be kept (%s): past figures need one", city.folder, error.strerror)
        return
    if not is_kept:
        _LOG.warning("%s was changed after it was read: no copy of what was read can be kept", city.folder)


def open_ledger(workspace: Workspace, city: City, observer: str = "poller") -> Ledger:
    """For readers, and for the observer of this name. Raises Refused where the observations are another city's."""
    return Ledger(workspace.ledger, city.id, observer, city.fingerprint)


def lines(snapshot: Snapshot) -> Iterator[str]:
    """Each promise: value, the bounds in which the truth lies, what was promised, whether it is kept; where it was
    a lab that was observed, that."""
    for figure in snapshot.figures:
        kept = {True: "kept", False: "not kept", None: "cannot be told"}[figure.met]
        value, lower, upper = _share(figure.value), _share(figure.lower), _share(figure.upper, at_most)
        if figure.city_data is None:
            yield f"{figure.name.en}: unknown, the city's data of {figure.as_of:%Y-%m-%d %H:%M} UTC are not at hand"
            continue
        yield f"{figure.name.en}: {value} (between {lower} and {upper})"
        yield f"    promised {_share(figure.target)} by {figure.due}: {kept}"
    if snapshot.observed_in is ObservedIn.LAB:
        yield LAB


def _share(share: float | None, rounded: Callable[[float, int], Decimal] = at_least) -> str:
    return "unknown" if share is None else f"{100 * rounded(share, 4):.2f} %"
