"""How long what was observed and planned is kept."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """States of the ledger are kept for ever: past figures rest on them, and they grow with changes alone."""

    series_full: timedelta = timedelta(days=30)
    """Every value of the series; of older ones the last of each hour."""
    series: timedelta = timedelta(days=730)
    evidence: timedelta = timedelta(days=400)
    """What a look was believed for, beside its state."""
    plans: timedelta = timedelta(days=90)
    pushes: timedelta = timedelta(days=400)
    """What pushes did, with the configurations that devices had before: whole runs that are over."""
