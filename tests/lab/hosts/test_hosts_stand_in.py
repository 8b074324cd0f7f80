"""The image of a city's services: who signed for it, what lies in it, and what answers in a service's place."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509

from lab.hosts import city_image
from lab.hosts.city_image import CityImage
from lab.hosts.inside.stand_in import StandIn, identity
from lab.params import LabParams

TOLD = {"service": "portal", "site": "datacentre", "server": "portal-2"}
METADATA = {"name": "portal-2", "hostname": "portal-2.novalocal", "meta": {**TOLD, "port": "443"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    port: int
    trust: ssl.SSLContext

    def asks(self, path: str, *, method: str = "GET", name: str = "www.example.test") -> tuple[int, str]:
        """Under a name of the city's, as a resident's browser does: the certificate is looked at."""
        secured = self.trust.wrap_socket(socket.create_connection(("127.0.0.1", self.port)), server_hostname=name)
        with contextlib.closing(HTTPSConnection(name)) as line:
            line.sock = secured
            line.request(method, path)
            answer = line.getresponse()
            return answer.status, answer.read().decode()


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    own, key, trust = city_image.sign("example.test.")
    folder = tmp_path_factory.mktemp("stand-in")
    (folder / "own.pem").write_bytes(own)
    (folder / "key.pem").write_bytes(key)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / "own.pem", folder / "key.pem")
    with StandIn(("127.0.0.1", 0), TOLD, tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield Running(port=server.server_address[1], trust=ssl.create_default_context(cadata=trust.decode()))
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_it_says_which_server_answers_in_the_place_of_which_service(stand_in: Running) -> None:
    assert json.loads(stand_in.asks("/healthz")[1]) == TOLD
    status, page = stand_in.asks("/", name="example.test")
    assert status == 200
    assert "Στη θέση της υπηρεσίας απαντά προσωρινά το εργαστήριο" in page and "portal-2" in page
    assert stand_in.asks("/healthz", method="HEAD") == (200, "")
    assert stand_in.asks("/etc/passwd")[0] == 404


@pytest.mark.parametrize("name", ["www.example.com", "www.deeper.example.test"])
def test_its_certificate_is_good_for_names_of_the_citys_zone_alone(stand_in: Running, name: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        stand_in.asks("/", name=name)


def test_the_authority_of_another_image_is_not_trusted(stand_in: Running) -> None:
    stranger = city_image.sign("example.test.")[2].decode()
    with pytest.raises(ssl.SSLCertVerificationError):
        Running(port=stand_in.port, trust=ssl.create_default_context(cadata=stranger)).asks("/")


def test_clients_that_connect_and_say_nothing_keep_nobody_waiting(stand_in: Running) -> None:
    """As the monitor of a load balancer does, every few seconds."""
    with contextlib.ExitStack() as silent:
        for _ in range(20):
            silent.enter_context(socket.create_connection(("127.0.0.1", stand_in.port)))
        assert stand_in.asks("/healthz")[0] == 200


def test_what_it_is_comes_from_the_servers_metadata() -> None:
    assert identity(json.dumps(METADATA)) == (TOLD, 443)


@pytest.mark.parametrize("missing", ["service", "site", "port"])
def test_a_server_without_a_service_has_nothing_to_answer(missing: str) -> None:
    meta = {key: value for key, value in METADATA["meta"].items() if key != missing}  # type: ignore[attr-defined]  # a mapping
    with pytest.raises(ValueError, match=f"name no {missing}"):
        identity(json.dumps({**METADATA, "meta": meta}))


def test_the_tree_of_an_image_starts_it_and_its_key_is_nobody_elses(tmp_path: Path) -> None:
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    trust = city_image.furnish(tmp_path, "example.test.")
    unit = tmp_path / "etc/systemd/system/multi-user.target.wants/stand-in.service"
    assert unit.readlink() == Path("/etc/systemd/system/stand-in.service")
    program = tmp_path / "opt/stand-in/stand_in.py"
    assert f"/{program.relative_to(tmp_path)}" in (tmp_path / "etc/systemd/system/stand-in.service").read_text()
    assert (tmp_path / "etc/stand-in/key.pem").stat().st_mode & 0o777 == 0o640
    own = x509.load_pem_x509_certificate((tmp_path / "etc/stand-in/certificate.pem").read_bytes())
    own.verify_directly_issued_by(x509.load_pem_x509_certificate(trust))


def test_a_lab_keeps_the_image_that_it_was_made_with(
    tmp_path: Path, params: LabParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its servers run from it: another one would have another authority, and nobody would trust them any more."""
    params.claim()
    for name in ("first", "second"):
        made = CityImage(file=tmp_path / name, trust=tmp_path / f"{name}.pem")
        made.file.write_text(name)
        made.trust.write_text(f"trust of the {name}")
        monkeypatch.setattr(city_image, "provide", lambda *_, made=made: made)
        city_image.keep(params, "example.test.", print)
        assert (params.image.read_text(), params.trust.read_text()) == ("first", "trust of the first")


def test_an_image_that_was_half_copied_is_taken_whole_with_its_own_trust(
    tmp_path: Path, params: LabParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    params.claim()
    params.trust.write_text("of an image that never came")
    params.image.with_suffix(".new").write_text("hal")
    made = CityImage(file=tmp_path / "image", trust=tmp_path / "trust")
    made.file.write_text("whole")
    made.trust.write_text("its trust")
    monkeypatch.setattr(city_image, "provide", lambda *_: made)
    city_image.keep(params, "example.test.", print)
    assert (params.image.read_text(), params.trust.read_text()) == ("whole", "its trust")
