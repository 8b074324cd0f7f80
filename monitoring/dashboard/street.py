"""The access points as the page lists them: by district and state, and one by one, a page at a time."""

from dataclasses import dataclass

from city.model.city import City
from monitoring.dashboard.language import Language
from monitoring.ledger.intervals import DEVICE_STATES, State
from monitoring.snapshot import Snapshot

PAGE_ROWS = 50
SHOWN = DEVICE_STATES


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the list was asked for: one state or all (None), and which page from 1."""

    state: State | None = None
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    name: str
    counts: dict[State, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    id: str
    district: str
    state: State
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    lines: tuple[Line, ...]
    found: int
    page: int
    pages: int


def parse(query_state: str, query_page: str) -> Wanted:
    """From the address's query; what is not understood is taken as not asked."""
    state = State(query_state) if query_state in SHOWN else None
    page = int(query_page) if query_page.isascii() and query_page.isdecimal() and len(query_page) < 6 else 1  # noqa: PLR2004 - longer is no page
    return Wanted(state, max(1, page))


def counts(city: City, snapshot: Snapshot) -> dict[State, int]:
    found = dict.fromkeys(SHOWN, 0)
    for ap in city.access_points:
        found[snapshot.access_point(ap.id)] += 1
    return found


def districts(city: City, snapshot: Snapshot, speak: Language) -> tuple[District, ...]:
    """Every site that has access points, in the city's order."""
    found = {site.id: dict.fromkeys(SHOWN, 0) for site in city.sites}
    for ap in city.access_points:
        found[ap.site][snapshot.access_point(ap.id)] += 1
    named = (District(name=speak.text(site.name), counts=found[site.id]) for site in city.sites)
    return tuple(district for district in named if district.total)


def listing(city: City, snapshot: Snapshot, speak: Language, wanted: Wanted) -> Listing:
    """One page of the access points in the wanted state; a page beyond the last is the last."""
    chosen = [ap for ap in city.access_points if wanted.state in (None, snapshot.access_point(ap.id))]
    pages = max(1, -(-len(chosen) // PAGE_ROWS))
    page = min(wanted.page, pages)
    names = {site.id: speak.text(site.name) for site in city.sites}
    lines = tuple(
        Line(
            id=ap.id,
            district=names[ap.site],
            state=snapshot.access_point(ap.id),
            position=f"{ap.position.lat:.5f}, {ap.position.lon:.5f}",
        )
        for ap in chosen[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    )
    return Listing(lines=lines, found=len(chosen), page=page, pages=pages)
