"""The dashboard as a Starlette application: two pages in two languages, their data, metrics. It only reads."""

import socket
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypedDict

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from city.clock import Clock, SystemClock
from city.errors import AstyError
from city.model.city import City
from monitoring import exposition
from monitoring.dashboard import api
from monitoring.dashboard.current import Current, Take
from monitoring.dashboard.guard import Guard
from monitoring.dashboard.language import LANGUAGES, preferred
from monitoring.dashboard.page import Page
from monitoring.dashboard.prepared import Prepared, Shelf, answer, prepare
from monitoring.dashboard.street import parse
from monitoring.ledger.intervals import State
from monitoring.recovery import Recovery
from monitoring.snapshot import NEVER_SEEN, OBSERVER, Snapshot

HOLD = timedelta(seconds=5)
"""How long one snapshot answers everybody: a fraction of a poll cycle."""

STALE = timedelta(minutes=5)
"""The age of the last look from which nobody can be said to look: several poll cycles."""

HEALTH = timedelta(seconds=30)
"""So old may what health rests on be: load balancers and probes ask for it all the time, and `STALE` is far longer."""
_KEEP_S = 45
"""Longer than those who follow wait between two questions: a connection that stays leads to one observer."""
_HTML = "text/html; charset=utf-8"
Make = Callable[[Request, Snapshot], Prepared]


def create_app(  # noqa: PLR0913, PLR0917 - each is another thing that the page shows
    city: City,
    take: Take,
    clock: Clock | None = None,
    hold: timedelta = HOLD,
    readings: exposition.Readings = lambda _at: None,
    unprobed: Collection[str] = (),
    recovery: Callable[[], Recovery | None] = lambda: None,
    besides: Sequence[BaseRoute] = (),
) -> Starlette:
    """`take` gives the snapshot of a moment, `readings` the newest values of the series, for /metrics alone;
    `unprobed` are the services that declare a probe which nobody here asks; `recovery` gives what was judged of the
    recovery site last, None where nobody has judged; `besides` are routes of whoever serves more than the page.

    Both are called from worker threads, `take` at most once per `hold`.
    """
    current, shelf, page = Current(take, clock or SystemClock(), hold), Shelf(), Page(city, unprobed)

    def prepared(key: str, make: Callable[[Snapshot], bytes], media_type: str) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            snapshot = current.snapshot()
            return answer(request, shelf.get(snapshot, key, lambda: prepare(make(snapshot), media_type)))

        return endpoint

    def in_language(code: str) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            query = request.query_params
            wanted = parse(query.get("state", ""), query.get("page", "")) if query else None
            snapshot = current.snapshot()

            def make() -> Prepared:
                return prepare(page.render(snapshot, code, wanted).encode(), _HTML)

            return answer(request, shelf.get(snapshot, (code, wanted), make))

        return endpoint

    def drills_in(code: str) -> Callable[[Request], Response]:
        return prepared(f"drills {code}", lambda s: page.render_drills(s, code, recovery()).encode(), _HTML)

    def metrics(request: Request) -> Response:
        snapshot = current.snapshot()
        asked = request.headers.get("accept", "")
        shown, media_type = exposition.text(city, snapshot, readings(snapshot.at), asked, recovery=recovery())
        return Response(shown, headers={"Content-Type": media_type})

    def health(_request: Request) -> Response:
        return JSONResponse(health_of(current.snapshot(HEALTH)))

    geojson = "application/geo+json"
    return Starlette(
        routes=[
            Route("/", _to_a_language),
            Route("/drills/", _to_a_language),
            *(Route(f"/{code}/", in_language(code)) for code in LANGUAGES),
            *(Route(f"/{code}/drills/", drills_in(code)) for code in LANGUAGES),
            Route("/api/kpi.json", prepared("kpi", api.kpi, "application/json")),
            Route("/api/estate.json", prepared("estate", lambda s: api.estate(city, s, unprobed), "application/json")),
            Route("/api/access-points.geojson", prepared("aps", lambda s: api.access_points(city, s), geojson)),
            Route("/api/drills.json", prepared("drills", lambda s: api.drills(s, recovery()), "application/json")),
            Route("/metrics", metrics),
            Route("/healthz", health),
            *besides,
            Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
        ],
        middleware=[Middleware(Guard)],
        exception_handlers={AstyError: _unavailable},
    )


class Health(TypedDict):
    """`status` is ok where the dashboard answers; `observation` is, too, or says what is wrong with what it shows:
    "nobody looks", as the last look is older than `STALE`, or "nobody is heard". `observed_by` is whose looks are
    shown. `canaries`: how what is near the observer stands."""

    status: str
    observation: str
    at: str
    looked_at: str | None
    observer: str
    observed_by: str
    canaries: dict[str, str]


def health_of(snapshot: Snapshot) -> Health:
    """Whether what is shown is observed still: computing goes on when the observer has long ended."""
    looked, observer = snapshot.looked_at, snapshot.standing_of(OBSERVER)
    observation = "ok"
    if looked is None or snapshot.at - looked > STALE:
        observation = "nobody looks"
    elif observer is not NEVER_SEEN and observer.state is not State.UP:
        observation = "nobody is heard"
    told = None if looked is None else looked.isoformat()
    return {
        "status": "ok",
        "observation": observation,
        "at": snapshot.at.isoformat(),
        "looked_at": told,
        "observer": observer.state.value,
        "observed_by": snapshot.observed_by,
        "canaries": {name: state.value for name, state in snapshot.canaries.items()},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Files of PEM: the chain and its private key."""

    chain: Path
    key: Path


def serve(app: Starlette, listening: socket.socket, certificate: Certificate | None = None) -> None:
    """Answers on that socket until it is told to stop: over HTTPS where there is a certificate."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=2,
        ssl_certfile=certificate.chain if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
        timeout_keep_alive=_KEEP_S,
    )
    with suppress(KeyboardInterrupt):  # uvicorn stops in good order at Ctrl-C, then raises it
        uvicorn.Server(config).run([listening])


def _to_a_language(request: Request) -> Response:
    """The same place in a language: `/` or `/drills/`."""
    chosen = preferred(request.headers.get("accept-language", ""))
    return RedirectResponse(f"/{chosen}{request.url.path}", status_code=307, headers={"Vary": "Accept-Language"})


def _unavailable(_request: Request, error: Exception) -> Response:
    """What was observed cannot be read: say so, in both languages, and that it is for a short while."""
    reason = type(error).__name__
    text = f"Στοιχεία μη διαθέσιμα αυτή τη στιγμή.\nThe data are not available at the moment ({reason}).\n"
    return PlainTextResponse(text, status_code=503, headers={"Retry-After": "30"})
