"""What was observed, as the promises and the dashboard read it: one ledger, opened once."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

from asty.workspace import Workspace
from city.model.city import City
from monitoring.ledger.store import Ledger
from monitoring.promises.evaluate import device_states, evaluate
from monitoring.promises.figure import Figure
from monitoring.promises.rounding import at_least, at_most
from monitoring.promises.wireless import Radio
from monitoring.snapshot import Snapshot


def taker(city: City, ledger: Ledger) -> Callable[[datetime], Snapshot]:
    """Takes the snapshot of any moment; what follows from the declaration alone is computed once."""
    radio = Radio(city)

    def take(at: datetime) -> Snapshot:
        return Snapshot(at=at, figures=evaluate(city, ledger, at, radio=radio), states=device_states(ledger, at))

    return take


def open_ledger(workspace: Workspace) -> Ledger:
    return Ledger(workspace.ledger_url)


def lines(figures: tuple[Figure, ...]) -> Iterator[str]:
    """Each promise in a line: value, the bounds in which the truth lies, what was promised, whether it is kept."""
    for figure in figures:
        kept = {True: "kept", False: "not kept", None: "cannot be told"}[figure.met]
        value, lower, upper = _share(figure.value), _share(figure.lower), _share(figure.upper, at_most)
        yield f"{figure.name.en}: {value} (between {lower} and {upper})"
        yield f"    promised {_share(figure.target)} by {figure.due}: {kept}"


def _share(share: float | None, rounded: Callable[[float, int], Decimal] = at_least) -> str:
    return "unknown" if share is None else f"{100 * rounded(share, 4):.2f} %"
