"""A page over TLS: `{https: /healthz, expect: 200, text: ready}`. The certificate is for the name, and trusted."""

from city.load.record import Record
from monitoring.probing import web
from monitoring.probing.probe import Good, Probe
from monitoring.probing.trip import Trip


def read(record: Record) -> web.Page:
    return web.read(record, "https", 443)


async def ask(page: web.Page, trip: Trip) -> Good:
    return await web.get(page, trip, tls=True)


PROBE = Probe(name="https", protocol="tcp", spec=web.Page, read=read, ask=ask)
