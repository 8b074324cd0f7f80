"""`python -m lab.fleet ROOT`: serve the devices in ROOT/fleet.json until SIGTERM. Started by lab.fleet.process."""

import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path

import asyncssh
import uvloop

from lab.fleet import control, roster
from lab.fleet.credentials import Credentials
from lab.fleet.fleet import Fleet
from lab.fleet.joining import Joining
from lab.fleet.keeping import Keeping
from lab.fleet.polling import Agents, curves_of
from lab.fleet.serving import Terminals
from lab.fleet.state import boot
from lab.hosts import credentials as lent
from lab.net import way_out
from lab.params import LabParams

_TICK_S = 0.25
_TELL_S = 1.0
log = logging.getLogger("lab.fleet")


async def serve(params: LabParams, keeping: Keeping, stop: asyncio.Event) -> None:
    listed = roster.read(params.root / "fleet.json")
    kept = keeping.read(listed.devices)
    fleet = Fleet(listed.devices, kept, keeping.write)
    if not keeping.was_stopped():  # killed: for the devices that was a power cut
        for device_id in kept:
            fleet.put(boot(fleet.state(device_id), fleet.now()))
    credentials = Credentials(params.secrets)
    agents, terminals = Agents(fleet, listed, params, credentials), Terminals(fleet, params, credentials)
    server = await control.serve(fleet, terminals.listens, params.root)
    progress = asyncio.create_task(_tell(terminals, len(listed.devices)))
    await agents.listen()
    await terminals.follow()
    progress.cancel()
    joining = asyncio.create_task(_joining(fleet, listed, params).go_on())
    log.info("serving %d devices", len(terminals))
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _TICK_S)
        fleet.tick()
        fleet.flush()
    joining.cancel()
    server.close()
    agents.close()
    await terminals.close()
    keeping.mark_stopped(fleet.now())


def _joining(fleet: Fleet, listed: roster.Roster, params: LabParams) -> Joining:
    """Stations know the user whom the lab's RADIUS servers know; what boxes ask goes out by the districts."""
    known = {device.id: device for device in listed.devices}
    return Joining(
        fleet=fleet,
        boxes=tuple((box, curves_of(box, known, params.seed, listed)) for box in listed.devices if box.bands),
        door=lambda box: way_out.opened(params.root, params.address_of(box.index)),
        user=lent.USER,
        password=lent.password(params),
    )


async def _tell(terminals: Terminals, devices: int) -> None:
    """While the fleet comes up, its log says how far it is."""
    while True:
        log.info("%d of %d devices take connections", len(terminals), devices)
        await asyncio.sleep(_TELL_S)


def main() -> None:
    root = Path(sys.argv[1])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    asyncssh.set_log_level(logging.WARNING)
    with Keeping(root / "fleet.sqlite") as keeping, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_stopped(LabParams.load(root), keeping))


async def _until_stopped(params: LabParams, keeping: Keeping) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(params, keeping, stop)


if __name__ == "__main__":
    main()
