"""The dashboard and its API."""

import click

from asty.call import Call
from asty.observed import open_ledger, taker
from city.errors import ExitCode
from city.load import load
from monitoring.dashboard.app import create_app, serve
from monitoring.exposition import newest
from monitoring.series.store import ParquetSeries


@click.command("serve")
@click.option("--port", type=click.IntRange(1, 65_535), help="On 127.0.0.1; else the workspace's own.")
@click.pass_obj
def command(call: Call, port: int | None) -> ExitCode:
    """Serve the page, its data and /metrics on 127.0.0.1 until interrupted."""
    workspace = call.prepared()
    city = load(workspace.city_folder)
    chosen = port or workspace.dashboard_port
    with open_ledger(workspace) as ledger, ParquetSeries(workspace.series) as series:
        call.screen.line(f"dashboard: http://127.0.0.1:{chosen}/")
        serve(create_app(city, taker(city, ledger), readings=newest(series)), port=chosen)
    return ExitCode.DONE
