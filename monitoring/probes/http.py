"""A page without TLS: `{http: /, expect: [200, 301], port: 8080}`."""

from city.load.record import Record
from monitoring.probing import web
from monitoring.probing.probe import Good, Probe
from monitoring.probing.trip import Trip


def read(record: Record) -> web.Page:
    return web.read(record, "http", 80)


async def ask(page: web.Page, trip: Trip) -> Good:
    return await web.get(page, trip, tls=False)


PROBE = Probe(name="http", protocol="tcp", spec=web.Page, read=read, ask=ask)
