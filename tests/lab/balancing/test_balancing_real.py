"""Real HAProxy before real servers, on loopback: what is declared is what clients find."""

import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.balancing.haproxy import Haproxy, Session
from lab.balancing.packages import NEEDS
from lab.balancing.site import Place, Site
from lab.openstack.drivers.exchange import Exchange
from lab.openstack.environment import alone
from lab.params import LabParams
from tests.lab.balancing.balancers import BALANCER, POOL, Raw, balancer, listener, member, monitor, pool, simple
from tests.lab.balancing.members import Client, Server, asked, crowd
from tests.lab.packages import have
from tests.waiting import until

pytestmark = pytest.mark.slow
VIP = ("127.92.0.80", 8443)
A, B = ("127.92.0.81", 9000), ("127.92.0.82", 9000)


class Region:
    """A site whose Octavia is the test: `declare` writes what its driver would write, and works rounds until told."""

    def __init__(self, folder: Path) -> None:
        self.exchange = Exchange(folder)
        self.certificates = folder.with_name("certificates")
        self.certificates.mkdir()
        self.site = Site(Place(exchange=folder, certificates=self.certificates, user="haproxy"))
        self._revision = 0

    def declare(self, *balancers: Raw) -> None:
        self._revision += 1
        wanted = [{**one, "revision": f"r{self._revision}"} for one in balancers]
        self.exchange.wanted.write({"balancers": wanted})
        self.site.round(whole=False)
        assert {one["revision"] for one in self.told().values()} <= {f"r{self._revision}"}

    def told(self) -> dict[str, Raw]:
        self.site.round(whole=False)
        content = self.exchange.told.read()
        return {} if content is None else dict(content["balancers"])

    def status(self, kind: str, one: str) -> str | None:
        found = self.told()[BALANCER]["statuses"].get(kind, {}).get(one)
        return None if found is None else str(found)

    def until(self, kind: str, one: str, status: str) -> None:
        until(lambda: self.status(kind, one) == status, f"{kind} {one} {status}")

    @property
    def pid(self) -> int:
        return int((self.exchange.folder / f"lb-{BALANCER}" / "pid").read_text().split()[0])


@pytest.fixture
def region(tmp_path: Path, lab_params: LabParams) -> Iterator[Region]:
    have(NEEDS)
    with alone(lab_params.root.with_name(".balancing.tests")):
        region = Region(tmp_path / "balancing")
        yield region
        region.declare()
        region.site.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def start(name: str, address: tuple[str, int], context: ssl.SSLContext | None = None) -> Server:
        made.append(Server(name, address, context))
        return made[-1]

    yield start
    for one in made:
        one.die()


Serve = Callable[..., Server]


def at(name: str, address: tuple[str, int], **more: object) -> Raw:
    return member(name, address=address[0], port=address[1], **more)


def often(times: int = 12) -> set[str]:
    return {asked(VIP) for _ in range(times)}


QUICK = monitor(delay_s=1, timeout_s=1, rise=1, fall=2)


def test_a_dead_member_is_told_and_left_out_and_comes_back(region: Region, serve: Serve) -> None:
    serve("a", A)
    b = serve("b", B)
    region.declare(simple(at("a", A), at("b", B), monitor=QUICK))
    region.until("loadbalancers", BALANCER, "ONLINE")
    assert often() == {"a", "b"}
    b.die()
    region.until("members", "b", "ERROR")
    assert [region.status(kind, one) for kind, one in (("pools", POOL), ("loadbalancers", BALANCER))] == [
        "DEGRADED"
    ] * 2
    assert often() == {"a"}
    serve("b", B)
    region.until("loadbalancers", BALANCER, "ONLINE")
    assert often() == {"a", "b"}


def test_who_drains_keeps_its_connections_and_gets_no_new_ones(region: Region, serve: Serve) -> None:
    serve("a", A), serve("b", B)
    region.declare(simple(at("a", A), at("b", B), monitor=QUICK))
    clients = [Client(VIP) for _ in range(4)]
    known = [client.ask() for client in clients]
    assert set(known) == {"a", "b"}
    region.declare(simple(at("a", A), at("b", B, weight=0), monitor=QUICK))
    region.until("members", "b", "DRAINING")
    assert often() == {"a"}
    assert [client.ask() for client in clients] == known
    region.declare(simple(at("a", A), monitor=QUICK))
    assert [client.ask() for client in clients] == known, "a member that is removed lets go of nobody, either"
    for client in clients:
        client.close()


def test_a_member_that_is_switched_off_gets_nobody_and_is_no_fault(region: Region, serve: Serve) -> None:
    serve("a", A), serve("b", B)
    region.declare(simple(at("a", A), at("b", B, enabled=False), monitor=QUICK))
    region.until("loadbalancers", BALANCER, "ONLINE")
    assert region.status("members", "b") == "OFFLINE"
    assert often() == {"a"}


def test_a_backup_serves_only_when_nobody_else_does(region: Region, serve: Serve) -> None:
    a = serve("a", A)
    serve("b", B)
    region.declare(simple(at("a", A), at("b", B, backup=True), monitor=QUICK))
    region.until("loadbalancers", BALANCER, "ONLINE")
    assert often() == {"a"}
    a.die()
    region.until("members", "a", "ERROR")
    assert often() == {"b"}


def test_no_connection_is_lost_while_settings_change(region: Region, serve: Serve) -> None:
    serve("a", A), serve("b", B)
    region.declare(simple(at("a", A), at("b", B), monitor=QUICK))
    pid = region.pid
    with crowd(VIP) as heard:
        for weight in range(1, 9):
            region.declare(simple(at("a", A, weight=weight), at("b", B), monitor=QUICK))
    assert len(heard) > 50 and set(heard) == {"a", "b"}
    assert region.pid == pid, "a change is a reload, not another process"


def test_a_change_has_come_once_the_former_worker_lets_nobody_in_any_more(
    region: Region, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("a", A)
    region.declare(simple(at("a", A), monitor=QUICK))
    really, seen = Session.stopping, list[bool]()

    def stopping(session: Session) -> bool:
        """A worker that hears late: twice it lets clients in still."""
        seen.append(really(session))
        return len(seen) > 2 and seen[-1]

    monkeypatch.setattr(Session, "stopping", stopping)
    with Haproxy(region.exchange.folder / f"lb-{BALANCER}").session() as former:
        assert former is not None and really(former) is False
        region.declare(simple(at("a", A, weight=5), monitor=QUICK))
        assert len(seen) > 2 and seen[-1] is True
        assert really(former) is True


def test_a_worker_that_has_ended_lets_nobody_in(region: Region, serve: Serve) -> None:
    serve("a", A)
    region.declare(simple(at("a", A), monitor=QUICK))
    haproxy = Haproxy(region.exchange.folder / f"lb-{BALANCER}")
    with haproxy.session() as former:
        assert former is not None
        haproxy.stop()
        assert former.stopping() is True
    with haproxy.session() as nobody:
        assert nobody is None


def test_a_member_known_to_be_down_stays_so_over_a_change(region: Region, serve: Serve) -> None:
    serve("a", A)
    slow = monitor(delay_s=2, timeout_s=1)
    region.declare(simple(at("a", A), at("b", B), monitor=slow))
    region.until("members", "b", "ERROR")
    region.declare(simple(at("a", A, weight=5), at("b", B), monitor=slow))
    assert often() == {"a"}
    assert region.status("members", "b") == "ERROR"


def test_only_allowed_clients_are_let_in(region: Region, serve: Serve) -> None:
    serve("a", A)
    region.declare(balancer(listener(allowed_cidrs=["127.92.7.0/24"]), pools=(pool(at("a", A)),)))
    assert asked(VIP, source="127.92.7.9") == "a"
    assert asked(VIP, source="127.92.8.9") == ""


def test_pings_and_pages_are_checks_as_good_as_connections(region: Region, serve: Serve) -> None:
    serve("a", A)
    region.declare(simple(at("a", A), monitor={**QUICK, "type": "PING"}))
    region.until("members", "a", "ONLINE")
    page = {**QUICK, "type": "HTTP", "url_path": "/well", "expected_codes": "200-204"}
    region.declare(simple(at("a", A), monitor=page))
    region.until("members", "a", "ONLINE")
    region.declare(simple(at("a", A), monitor={**page, "expected_codes": "418"}))
    region.until("members", "a", "ERROR")


class Authority:
    """A certificate authority of its own, as a city has one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.certificate = folder / "ca.crt"
        self._made("ca", "-x509", "-subj", "/CN=the city")

    def issue(self, name: str) -> tuple[Path, Path]:
        """Certificate and key for a name."""
        more = ("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-CA", "ca.crt", "-CAkey", "ca.key")
        return self._made(name, "-x509", *more)

    def _made(self, name: str, *more: str) -> tuple[Path, Path]:
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
        files = ("-keyout", f"{name}.key", "-out", f"{name}.crt")
        subprocess.run(
            ["/usr/bin/openssl", "req", *key, *files, *more], cwd=self._folder, check=True, capture_output=True
        )
        return self._folder / f"{name}.crt", self._folder / f"{name}.key"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    folder = tmp_path / "ca"
    folder.mkdir()
    return Authority(folder)


def shown(authority: Authority, name: str) -> bytes:
    """The certificate that a client who trusts the city finds at the load balancer. Raises where it trusts none."""
    context = ssl.create_default_context(cafile=str(authority.certificate))
    with Client(VIP)._socket as plain, context.wrap_socket(plain, server_hostname=name) as spoken:
        return spoken.getpeercert(binary_form=True) or b""


def der(certificate: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate.read_text())


def test_tls_passes_through_to_the_members_own_certificate(region: Region, serve: Serve, authority: Authority) -> None:
    certificate, key = authority.issue("www.example.test")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    serve("a", A, context)
    checked = pool(at("a", A), protocol="HTTPS", monitor={**QUICK, "type": "TLS-HELLO"})
    region.declare(balancer(listener(protocol="HTTPS"), pools=(checked,)))
    region.until("members", "a", "ONLINE")
    assert shown(authority, "www.example.test") == der(certificate)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shown(authority, "other.example.test")


def test_tls_ends_at_the_load_balancer_with_the_certificate_of_the_day(
    region: Region, serve: Serve, authority: Authority
) -> None:
    serve("a", A)

    def keep(certificate: Path, key: Path) -> None:
        (region.certificates / "city.crt").write_text(certificate.read_text())
        (region.certificates / "city.key").write_text(key.read_text())

    certificate, key = authority.issue("www.example.test")
    first = der(certificate)
    keep(certificate, key)
    ending = listener(protocol="TERMINATED_HTTPS", certificates=["city"])
    region.declare(balancer(ending, pools=(pool(at("a", A), protocol="HTTP"),)))
    assert shown(authority, "www.example.test") == first
    keep(*authority.issue("www.example.test"))
    region.site.round(whole=True)
    assert region.told()[BALANCER]["error"] == ""
    assert shown(authority, "www.example.test") == der(certificate) != first
    readable = [file for file in region.exchange.folder.rglob("*.pem") if file.stat().st_mode & 0o077]
    assert readable == [], "keys are for root alone"


def test_what_cannot_be_taken_up_is_told_and_the_former_goes_on(region: Region, serve: Serve) -> None:
    serve("a", A)
    region.declare(simple(at("a", A)))
    ending = listener(protocol="TERMINATED_HTTPS", certificates=["lost"])
    region.declare(balancer(ending, pools=(pool(at("a", A)),)))
    assert "certificate lost: it cannot be read" in region.told()[BALANCER]["error"]
    assert asked(VIP) == "a"
    region.declare(simple(at("a", A)))
    assert region.told()[BALANCER]["error"] == ""


def test_one_that_cannot_be_taken_up_is_not_called_well(region: Region) -> None:
    region.declare(balancer(listener(protocol="TERMINATED_HTTPS", certificates=["lost"]), pools=(pool(),)))
    assert region.status("loadbalancers", BALANCER) == "ERROR"


def test_a_port_that_another_has_is_told(region: Region, serve: Serve) -> None:
    serve("squatter", VIP)
    region.declare(simple())
    assert "HAProxy did not take it" in region.told()[BALANCER]["error"]
    assert region.status("loadbalancers", BALANCER) == "ERROR"


def test_nothing_is_left_of_a_load_balancer_that_is_gone(region: Region) -> None:
    region.declare(simple(), {**simple(), "id": "other", "addresses": ["127.92.0.70"]})
    assert len(region.told()) == 2
    region.declare()
    assert region.told() == {}
    assert sorted(file.name for file in region.exchange.folder.iterdir()) == ["nudges", "told.json", "wanted.json"]
    assert asked(VIP) == ""
