"""The dashboard and its API."""

import errno
import socket
from pathlib import Path

import click

from asty.call import Call, json_option
from asty.workspace import Workspace
from city.errors import ExitCode, Failed

_LOOPBACK = "127.0.0.1"
_HTTPS = 443


@click.command("serve")
@click.option("--port", type=click.IntRange(1, 65_535), help="On 127.0.0.1; else the workspace's own.")
@click.option(
    "--post",
    "home",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="On a host of the city's own, to all, over HTTPS at 443: the folder in which `asty tell` told it the city.",
)
@json_option
@click.pass_obj
def command(call: Call, port: int | None, home: Path | None) -> ExitCode:
    """Serve the page, its data and /metrics on 127.0.0.1 until interrupted. JSON, at the end: exit_code."""
    if home is not None:
        from asty.showing import show  # noqa: PLC0415 - of what else this module needs, a host has nothing

        with listen(port or _HTTPS, "0.0.0.0") as listening:  # noqa: S104 - to all whom the city's flows let in
            show(home, listening)
        return ExitCode.DONE
    _serve(call, call.prepared(), port)
    return ExitCode.DONE


def _serve(call: Call, workspace: Workspace, port: int | None) -> None:
    from asty import judgement, lab_access, workers  # noqa: PLC0415 - see above
    from asty.city_data import load  # noqa: PLC0415 - the same
    from asty.observed import open_ledger, taker  # noqa: PLC0415 - the same
    from monitoring.dashboard.app import create_app, serve  # noqa: PLC0415 - the same
    from monitoring.exposition import newest  # noqa: PLC0415 - the same
    from monitoring.series.store import ParquetSeries  # noqa: PLC0415 - the same

    city = load(workspace.city_folder)
    with (
        listen(port or workspace.dashboard_port) as listening,
        open_ledger(workspace, city) as ledger,
        ParquetSeries(workspace.series) as series,
    ):
        app = create_app(
            lab_access.observable(workspace, city),
            taker(city, ledger),
            readings=newest(series),
            unprobed=lab_access.unprobed(workspace, city),
            recovery=judgement.reader(workspace),
        )
        workers.at_work(workspace, workers.DASHBOARD).touch()
        call.screen.line(f"dashboard: http://127.0.0.1:{listening.getsockname()[1]}/")
        serve(app, listening)


def listen(port: int, address: str = _LOOPBACK) -> socket.socket:
    """A socket that listens, on loopback alone. Raises Failed where it cannot be had, before any address is told."""
    try:
        return socket.create_server((address, port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise Failed(f"port {port}", error.strerror or str(error), "Mend that, or give --port.") from error
        problem = "it is taken, perhaps by the dashboard that `make up` started"
        raise Failed(f"port {port}", problem, "Open that, or give --port.") from error
