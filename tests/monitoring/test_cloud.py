from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
import yaml
from openstack.compute.v2.server import Server

from city.located import Node, Place
from city.model.city import City
from city.model.places import SiteRole, Text
from city.model.services import Recovery, Service, ServiceHours, Tier, Workload
from monitoring.cloud import Balancer, CannotAsk, CloudProbe, OpenStackSite, SiteView, judge, members_out
from monitoring.ledger.intervals import State
from monitoring.probing.account import MEMBERS_OUT, Reason, reasons

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)
REACH = timedelta(seconds=70)
WORKLOAD = Workload(
    instances=2,
    flavour="small",
    image="debian",
    volume_gb=0,
    port=443,
    network="application",
    dns_name="portal",
    flows=(),
)
PORTAL = Service(
    id="portal",
    name=Text(el="πύλη", en="portal"),
    tier=Tier.CRITICAL,
    owner="ict",
    hours=ServiceHours(days=tuple(range(7)), start=time(0), end=time(0)),
    rto=timedelta(hours=1),
    rpo=timedelta(hours=1),
    recovery=Recovery.WARM,
    workload=WORKLOAD,
)
SERVING = Balancer(provisioning="ACTIVE", operating="ONLINE")


def site(balancer: Balancer | None = SERVING, *servers: str) -> SiteView:
    """Of the portal, whose servers are in these states."""
    named = {f"portal-{number}": status for number, status in enumerate(servers, 1)}
    return SiteView(
        balancers={} if balancer is None else {"portal": balancer}, servers={"portal": named} if servers else {}
    )


RUNS, EMPTY = site(SERVING, "ACTIVE", "SHUTOFF"), site(None)
SILENT = "cannot be asked: no answer within 5 s"


@pytest.mark.parametrize(
    ("datacentre", "recovery", "state", "cause"),
    [
        pytest.param(RUNS, EMPTY, State.UP, "", id="it runs at the data centre"),
        pytest.param(EMPTY, RUNS, State.UP, "", id="it runs at the recovery site"),
        pytest.param(RUNS, SILENT, State.UP, "", id="it runs, whatever the silent site does"),
        pytest.param(SILENT, RUNS, State.UP, "", id="it moved while the data centre is silent"),
        pytest.param(EMPTY, EMPTY, State.DOWN, "nothing of it is there", id="it is nowhere"),
        pytest.param(
            site(SERVING, "SHUTOFF", "ERROR"),
            EMPTY,
            State.DOWN,
            "(portal-1 SHUTOFF, portal-2 ERROR)",
            id="no server runs",
        ),
        pytest.param(site(SERVING), EMPTY, State.DOWN, "none there", id="its servers were deleted"),
        pytest.param(site(None, "ACTIVE"), EMPTY, State.DOWN, "no load balancer", id="its balancer was deleted"),
        pytest.param(
            site(Balancer(provisioning="ERROR", operating="ONLINE"), "ACTIVE"),
            EMPTY,
            State.DOWN,
            "load balancer ERROR/ONLINE",
            id="its balancer failed",
        ),
        pytest.param(
            site(Balancer(provisioning="ACTIVE", operating="OFFLINE"), "ACTIVE"),
            EMPTY,
            State.DOWN,
            "load balancer ACTIVE/OFFLINE",
            id="its balancer serves nobody",
        ),
        pytest.param(
            site(Balancer(provisioning="PENDING_UPDATE", operating="DEGRADED"), "ACTIVE"),
            EMPTY,
            State.UP,
            "",
            id="a balancer that changes and lost a member still serves",
        ),
        pytest.param(SILENT, EMPTY, State.UNKNOWN, SILENT, id="the data centre is silent: it may run there"),
        pytest.param(EMPTY, SILENT, State.UNKNOWN, SILENT, id="the recovery site is silent: it may have moved there"),
        pytest.param(SILENT, SILENT, State.UNKNOWN, SILENT, id="both are silent"),
    ],
)
def test_a_service_by_what_its_sites_show(
    datacentre: SiteView | str, recovery: SiteView | str, state: State, cause: str
) -> None:
    found = judge(PORTAL, {SiteRole.DATACENTRE: datacentre, SiteRole.RECOVERY: recovery})
    assert (found.state, cause in found.cause) == (state, True)
    assert bool(found.evidence) == (state is State.UP)


def test_a_service_that_is_not_in_the_cloud_is_unknown() -> None:
    found = judge(replace(PORTAL, workload=None), {SiteRole.DATACENTRE: RUNS})
    assert (found.state, found.cause) == (State.UNKNOWN, "it has no workload in the cloud to look at")


@dataclass
class Shown:
    """A site that shows what it is told to."""

    view: SiteView | None

    def look(self) -> SiteView:
        if self.view is None:
            raise CannotAsk(SILENT)
        return self.view


def test_every_service_is_observed_once_and_a_silent_site_is_no_exception(example_city: City) -> None:
    probe = CloudProbe(
        replace(example_city, services=(PORTAL, replace(PORTAL, id="other"))),
        {SiteRole.DATACENTRE: Shown(RUNS), SiteRole.RECOVERY: Shown(None)},
    )
    portal, other = probe.observe(NOON, REACH)
    assert (portal.subject, portal.at, portal.reach, portal.state) == ("service:portal", NOON, REACH, State.UP)
    assert (other.subject, other.state) == ("service:other", State.UNKNOWN)


class Broken(BaseHTTPRequestHandler):
    """A cloud whose identity service answers every request with the server's `status`."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_error(self.server.status)  # type: ignore[attr-defined]  # set by the fixture below

    do_GET = do_POST  # noqa: N815 - as above

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        pass


@pytest.fixture
def broken() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Broken) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def clouds_yaml(folder: Path, port: int) -> Path:
    auth = {"auth_url": f"http://127.0.0.1:{port}/v3", "username": "u", "password": "p", "project_name": "p"}
    auth |= {"user_domain_name": "Default", "project_domain_name": "Default"}
    file = folder / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": {"datacentre": {"auth": auth, "region_name": "RegionOne"}}}))
    return file


@pytest.mark.parametrize(
    ("status", "reason"),
    [pytest.param(401, "refuses the user", id="credentials"), pytest.param(503, "it answers 503", id="overload")],
)
def test_why_a_cloud_cannot_be_asked(tmp_path: Path, broken: ThreadingHTTPServer, status: int, reason: str) -> None:
    broken.status = status  # type: ignore[attr-defined]  # read by its handler
    looking = OpenStackSite(clouds_yaml(tmp_path, broken.server_port), "datacentre")
    with pytest.raises(CannotAsk, match=reason):
        looking.look()


def test_a_cloud_that_is_off_or_not_declared(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Broken) as server:
        file = clouds_yaml(tmp_path, server.server_port)
    with pytest.raises(CannotAsk, match="nothing listens"):
        OpenStackSite(file, "datacentre").look()
    with pytest.raises(CannotAsk, match="has no entry recovery"):
        OpenStackSite(file, "recovery").look()


@pytest.mark.parametrize(
    ("datacentre", "recovery", "word"),
    [
        pytest.param(site(SERVING, "ACTIVE", "ACTIVE"), EMPTY, "", id="all of it runs"),
        pytest.param(RUNS, EMPTY, "datacentre: portal-2 SHUTOFF, of 2 servers", id="one is stopped"),
        pytest.param(
            site(Balancer(provisioning="ACTIVE", operating="DEGRADED"), "ACTIVE", "ACTIVE"),
            EMPTY,
            "datacentre: load balancer DEGRADED",
            id="the balancer lost a member",
        ),
        pytest.param(RUNS, SILENT, "datacentre: portal-2 SHUTOFF, of 2 servers", id="what can be asked is told"),
        pytest.param(EMPTY, SILENT, "", id="it may run where nobody can ask"),
        pytest.param(
            EMPTY,
            site(SERVING, "SHUTOFF"),
            "datacentre: nothing of it is there, recovery: no server runs (portal-1 SHUTOFF)",
            id="it runs nowhere",
        ),
    ],
)
def test_what_of_a_service_does_not_run_is_the_clouds_word(
    datacentre: SiteView | str, recovery: SiteView | str, word: str
) -> None:
    found = members_out("portal", {SiteRole.DATACENTRE: datacentre, SiteRole.RECOVERY: recovery})
    assert found == word
    assert reasons(str(Reason(MEMBERS_OUT, cloud=found)))[0].cloud == word


def test_of_a_service_that_a_probe_asks_the_cloud_gives_its_word_alone(example_city: City) -> None:
    asked = replace(PORTAL, id="asked", probe=Node(Place(Path("services.yaml"), 1), {}))
    servers = {"asked-1": "ACTIVE", "asked-2": "ERROR"}
    probe = CloudProbe(
        replace(example_city, services=(PORTAL, asked)),
        {SiteRole.DATACENTRE: Shown(SiteView(balancers={"asked": SERVING}, servers={"asked": servers}))},
    )
    assert probe.members_out("asked", NOON) == ""
    assert [seen.subject for seen in probe.observe(NOON, REACH)] == ["service:portal"]
    assert probe.members_out("asked", NOON) == "datacentre: asked-2 ERROR, of 2 servers"
    assert probe.members_out("asked", NOON + REACH) == "", "a word that is old is none"
    assert probe.members_out("portal", NOON) == ""


def test_the_host_of_a_database_serves_nobody_and_is_missed_where_it_is_off() -> None:
    def portal(member: str, database: str) -> SiteView:
        return SiteView(
            balancers={"portal": SERVING},
            servers={"portal": {"portal-1": member}},
            databases={"portal": {"portal-db": database}},
        )

    assert members_out("portal", {SiteRole.DATACENTRE: portal("ACTIVE", "ACTIVE")}) == ""
    off = members_out("portal", {SiteRole.DATACENTRE: portal("ACTIVE", "SHUTOFF")})
    assert off == "datacentre: portal-db SHUTOFF, of 2 servers"
    alone = judge(PORTAL, {SiteRole.DATACENTRE: portal("SHUTOFF", "ACTIVE")})
    assert (alone.state, alone.cause) == (State.DOWN, "datacentre: no server runs (portal-1 SHUTOFF)")


def test_the_cloud_says_of_each_server_whose_it_is_and_whether_it_is_a_databases() -> None:
    told = [("portal-1", "portal", "web"), ("portal-2", "portal", ""), ("portal-db", "portal", "database")]
    servers = [
        Server(name=name, status="ACTIVE", metadata={"service": service, **({"roles": roles} if roles else {})})
        for name, service, roles in [*told, ("gis-1", "gis", "application,web")]
    ]
    cloud = SimpleNamespace(
        compute=SimpleNamespace(servers=lambda: iter([*servers, Server(name="stranger", status="ERROR")])),
        load_balancer=SimpleNamespace(load_balancers=lambda: ()),
    )
    view = OpenStackSite._look(cloud)  # type: ignore[arg-type]  # it shows what a connection would
    assert view.servers == {"portal": {"portal-1": "ACTIVE", "portal-2": "ACTIVE"}, "gis": {"gis-1": "ACTIVE"}}
    assert view.databases == {"portal": {"portal-db": "ACTIVE"}}
