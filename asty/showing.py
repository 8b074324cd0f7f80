"""The dashboard on a host of the city's own: of what the host itself observes, or of what another one does.

Who observes publishes a copy of its ledger at `PUBLISHED`; who shows it elsewhere follows that.
"""

import logging
import socket
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from asty import post as posts
from asty.post import PUBLISHED
from asty.snapshots import takers
from asty.watching import LEDGER, TRUST
from city.clock import SystemClock
from city.load import load
from monitoring.dashboard.app import Certificate, create_app, serve
from monitoring.dashboard.followed import Followed, Source
from monitoring.exposition import newest
from monitoring.ledger.published import published
from monitoring.ledger.store import Ledger
from monitoring.series.store import ParquetSeries
from monitoring.snapshot import LOOK_BACK

CERTIFICATE = Certificate(chain=Path("/etc/ssl/service/chain.pem"), key=Path("/etc/ssl/service/key.pem"))
"""The host's own (the role `host`)."""


def show(home: Path, listening: socket.socket, certificate: Certificate = CERTIFICATE, trust: Path = TRUST) -> None:
    """Serve until told to stop, what the host was told to follow or observes by itself.

    `home` is the folder that this host has for asty. Raises InvalidInput where nobody told the host what to show.
    """
    post, state = posts.read(home), posts.state(home)
    city = load(posts.told(home) / "city", images=False)
    opened = partial(Ledger, city=city.id, declared=city.fingerprint)
    taken = takers(city, post.observed_in)
    with ExitStack() as stack:
        if post.follow:
            logging.getLogger(Followed.__module__).addHandler(logging.StreamHandler())  # into the journal of the host
            source = stack.enter_context(closing(Source(post.follow, trust, post.at)))
            followed = Followed(state / "followed", opened, taken, source.get)
            stack.callback(followed.end)
            followed.follow()
            serve(create_app(city, followed.take), listening, certificate)
            return
        ledger, series = (
            stack.enter_context(opened(state / LEDGER)),
            stack.enter_context(ParquetSeries(state / "series")),
        )
        app = create_app(city, taken(ledger), readings=newest(series), besides=[_publishing(state / LEDGER)])
        serve(app, listening, certificate)


def _publishing(ledger: Path) -> Route:
    """Twice as much as the page looks back."""

    def endpoint(_request: Request) -> Response:
        since = SystemClock().now() - 2 * LOOK_BACK
        return Response(published(ledger, since), media_type="application/gzip", headers={"Cache-Control": "no-store"})

    return Route(PUBLISHED, endpoint)
