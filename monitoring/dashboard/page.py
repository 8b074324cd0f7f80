"""The pages themselves: everything that their templates show, in one language, of one snapshot."""

from collections.abc import Collection
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from city.model.city import City
from monitoring.dashboard import drills, estate, street
from monitoring.dashboard.language import LANGUAGES, Language, translations
from monitoring.dashboard.map import DENSITY_CLASSES, MARKS, Ground
from monitoring.dashboard.sentences import Kept, card
from monitoring.dashboard.street import SHOWN, Wanted
from monitoring.ledger.intervals import State
from monitoring.probing.declared import probed
from monitoring.recovery import Recovery
from monitoring.snapshot import ObservedIn, Snapshot

_METRES_PER_KM = 1000
_KEPT_SHAPES = {
    Kept.MET: "M3 8.5l3.5 3.5L13 4.5",
    Kept.NOT_MET: "M4 4l8 8m0-8l-8 8",
    Kept.CANNOT_TELL: "M5.2 5.4a2.8 2.8 0 1 1 4 2.6c-.9.5-1.2 1-1.2 1.9M8 13v.1",
}


class Page:
    """Renders the pages of one city; what does not move is drawn once."""

    def __init__(self, city: City, unprobed: Collection[str] = ()) -> None:
        self._city, self._ground = city, Ground(city)
        self._asked = estate.Asked({one.service: one for one in probed(city)}, unprobed)
        self._templates = {code: _environment(code) for code in LANGUAGES}

    def render(self, snapshot: Snapshot, code: str, wanted: Wanted | None) -> str:
        """`wanted` opens the list of access points at that place; None leaves it closed."""
        city, speak = self._city, Language(code, self._city.time_zone)
        found, services = street.counts(city, snapshot), estate.services(city, self._asked, snapshot, speak)
        asked = wanted or Wanted()
        template = self._templates[code].get_template("page.html")
        return template.render(
            **self._frame(speak, snapshot),
            sources_in=city.sources_in,
            at=snapshot.at,
            cards=[card(figure, speak, snapshot.at) for figure in snapshot.figures],
            kept_shapes=_KEPT_SHAPES,
            services=services,
            services_by_state=estate.counts(services),
            switches_not_up=estate.switches_not_up(city, snapshot, speak),
            has_switches=bool(city.switches),
            ground=self._ground,
            marks=self._marks(snapshot),
            shapes=MARKS,
            tones=list(zip(DENSITY_CLASSES, self._ground.residents, strict=True)),
            scale_text=self._scale_text(speak),
            states=SHOWN,
            counts=found,
            map_description=_description(found, speak),
            districts=street.districts(city, snapshot, speak),
            wanted=asked,
            listed=wanted is not None,
            listing=street.listing(city, snapshot, speak, asked),
            place="",
            query=_query(wanted),
            residents=city.population.total,
            census=city.population.census,
            population_source=city.population.source,
        )

    def render_drills(self, snapshot: Snapshot, code: str, found: Recovery | None) -> str:
        """The page of recovery; `found` is None where nobody has judged it yet."""
        speak = Language(code, self._city.time_zone)
        return (
            self._templates[code]
            .get_template("drills.html")
            .render(
                **self._frame(speak, snapshot),
                place="drills/",
                query="",
                kept_shapes=_KEPT_SHAPES,
                recovery=found,
                overall=drills.verdict(found) if found else None,
                lines=drills.lines(self._city, found, snapshot.at, speak) if found else (),
                rungs=drills.rungs(found, snapshot.at, speak) if found else (),
                held=tuple(drills.held(found.drills, speak)) if found else (),
            )
        )

    def _frame(self, speak: Language, snapshot: Snapshot) -> dict[str, object]:
        """What every page shows."""
        return {
            "speak": speak,
            "languages": LANGUAGES,
            "city_name": speak.text(self._city.name),
            "in_a_lab": snapshot.observed_in is ObservedIn.LAB,
            "observed_by": snapshot.observed_by,
        }

    def _marks(self, snapshot: Snapshot) -> list[tuple[State, str]]:
        """Down and unknown last, so that they lie on top."""
        paths = self._ground.marks({ap.id: ap.position for ap in self._city.access_points}, snapshot.access_points)
        return [(state, paths[state]) for state in (State.UP, State.UNKNOWN, State.DOWN)]

    def _scale_text(self, speak: Language) -> str:
        metres = self._ground.scale_bar.metres
        return f"{speak.number(metres / _METRES_PER_KM)} km" if metres >= _METRES_PER_KM else f"{metres} m"


def _description(found: dict[State, int], speak: Language) -> str:
    counts = {state.value: speak.number(count) for state, count in found.items()}
    return (
        speak.gettext(
            "%(up)s access points are up (discs), %(down)s down (crosses), %(unknown)s unknown (diamonds). "
            "The tables below say the same."
        )
        % counts
    )


def _query(wanted: Wanted | None) -> str:
    if wanted is None:
        return ""
    return f"?state={wanted.state or 'all'}&page={wanted.page}"


def _environment(code: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
    )
    made.install_gettext_translations(translations(code), newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    return made
