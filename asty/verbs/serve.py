"""The dashboard and its API."""

import errno
import socket

import click

from asty import lab_access, workers
from asty.call import Call, json_option
from asty.city_data import load
from asty.observed import open_ledger, taker
from city.errors import ExitCode, Failed
from monitoring.dashboard.app import create_app, serve
from monitoring.exposition import newest
from monitoring.series.store import ParquetSeries


@click.command("serve")
@click.option("--port", type=click.IntRange(1, 65_535), help="On 127.0.0.1; else the workspace's own.")
@json_option
@click.pass_obj
def command(call: Call, port: int | None) -> ExitCode:
    """Serve the page, its data and /metrics on 127.0.0.1 until interrupted. JSON, at the end: exit_code."""
    workspace = call.prepared()
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
        )
        workers.at_work(workspace, workers.DASHBOARD).touch()
        call.screen.line(f"dashboard: http://127.0.0.1:{listening.getsockname()[1]}/")
        serve(app, listening)
    return ExitCode.DONE


def listen(port: int) -> socket.socket:
    """A socket that listens on loopback alone. Raises Failed where it cannot be had, before any address is told."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise Failed(f"port {port}", error.strerror or str(error), "Mend that, or give --port.") from error
        problem = "it is taken, perhaps by the dashboard that `make up` started"
        raise Failed(f"port {port}", problem, "Open that, or give --port.") from error
