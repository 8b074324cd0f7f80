"""One look at one service through one probe: whatever comes of it is data, and it never takes longer than it may."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from monitoring.probing.failure import Failed, Failure
from monitoring.probing.probe import Found, Good, Probe, Spec
from monitoring.probing.trip import Trip, Way, unasked

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked of a service: through which probe, of which host (a name without a dot at its end, or an
    address), as its spec says, and no longer than `deadline_s` seconds."""

    probe: Probe[Any]
    host: str
    spec: Spec
    deadline_s: float


async def look(ask: Ask, way: Way) -> Found:
    """Never raises but when it is cancelled."""
    trip = Trip(way=way, host=ask.host, port=ask.spec.port)
    clock = asyncio.get_running_loop().time
    began = clock()
    outcome = await _outcome(ask, trip)
    failed = outcome if isinstance(outcome, Failed) else None
    return Found(
        failure=failed.failure if failed else None,
        seconds=clock() - began,
        heard=trip.heard,
        detail=outcome.detail if isinstance(outcome, Failed) else outcome.evidence,
        certificate_ends=trip.certificate_ends,
    )


async def _outcome(ask: Ask, trip: Trip) -> Good | Failed:
    try:
        async with asyncio.timeout(ask.deadline_s):
            good: Good = await ask.probe.ask(ask.spec, trip)
    except Failed as failed:
        return failed
    except TimeoutError:
        return Failed(trip.late, f"within {ask.deadline_s:g} s")
    except OSError as error:
        return unasked(error)
    except Exception as mistake:  # noqa: BLE001 - our mistake with one service must not blind us to the others
        _LOG.error("%s %s: our own mistake", ask.probe.name, ask.host, exc_info=mistake)
        return Failed(Failure.NOT_ASKED, f"our own mistake: {type(mistake).__name__}")
    return good
