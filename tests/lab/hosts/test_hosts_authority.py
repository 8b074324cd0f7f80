"""The lab's authority: for whom it signs, and what a host is given."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from city.errors import Failed
from lab.hosts import authority, credentials, vendor_data
from lab.hosts.authority import Certificate, Identity
from lab.hosts.guest import Guest, Image
from lab.params import LabParams
from tests.lab.hosts.conftest import guest

META = {"service": "portal", "site": "datacentre", "fqdn": "WWW.example.test.", "port": "443"}
NETWORK = {"networks": [{"ip_address": "10.1.1.3"}, {"ip_address": "10.1.1.3"}, {"type": "ipv4_dhcp"}]}
CERTIFICATE = {f"/etc/ssl/service/{name}.pem" for name in ("chain", "key", "trust")}
IMAGE = Image(id="00000000-0000-0000-0000-000000000000", algorithm="sha256", digest="0" * 64)


def server(**meta: str) -> Guest:
    drive = {
        "openstack/latest/meta_data.json": json.dumps({"meta": meta}),
        "openstack/latest/network_data.json": json.dumps(NETWORK),
    }
    return replace(guest(IMAGE, hostname="portal-2"), drive=drive)


def given(params: LabParams, **meta: str) -> dict[str, dict[str, str]]:
    """The files of its vendor data, by where they lie."""
    told = json.loads(vendor_data.text(params, server(**meta)) or "{}")["cloud-init"]
    assert told.startswith("#cloud-config\n")
    return {one["path"]: one for one in yaml.safe_load(told)["write_files"]}


def read(issued: Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(issued.chain.encode())


def test_a_host_is_who_its_cloud_says_it_is() -> None:
    assert Identity.of(server(**META)) == Identity(
        common="portal", names=("portal-2", "www.example.test"), addresses=("10.1.1.3",)
    )
    bare = replace(server(), drive={})
    assert Identity.of(bare) == Identity(common="portal-2", names=("portal-2",))


@pytest.mark.parametrize("fqdn", ["*.example.test", "a b", "-x.test", ""])
def test_a_name_that_is_none_is_not_signed_for(fqdn: str) -> None:
    assert Identity.of(server(**{**META, "fqdn": fqdn})).names == ("portal-2",)


def test_a_certificate_is_good_for_a_server_and_for_a_client_at_its_names_and_addresses(params: LabParams) -> None:
    authority.make(params)
    own = read(issued := authority.issue(params, Identity.of(server(**META))))
    own.verify_directly_issued_by(x509.load_pem_x509_certificate(params.trust.read_bytes()))
    assert issued.trust == params.trust.read_text()
    assert [one.value for one in own.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["portal"]
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["portal-2", "www.example.test"]
    assert names.get_values_for_type(x509.IPAddress) == [IPv4Address("10.1.1.3")]
    uses = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(uses) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert not own.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_certificate_ends_no_later_than_its_authority(params: LabParams) -> None:
    authority.make(params)
    trust = x509.load_pem_x509_certificate(params.trust.read_bytes())
    whom = Identity.of(server(**META))
    assert read(authority.issue(params, whom, timedelta(days=9999))).not_valid_after_utc <= trust.not_valid_after_utc
    gone = read(authority.issue(params, whom, -timedelta(minutes=1)))
    assert gone.not_valid_before_utc < gone.not_valid_after_utc < datetime.now(UTC)


def test_a_lab_keeps_its_authority_and_nobody_else_reads_the_key(params: LabParams) -> None:
    authority.make(params)
    before = params.trust.read_text()
    authority.make(params)
    assert params.trust.read_text() == before
    assert (params.secrets / "authority").stat().st_mode & 0o777 == 0o600


def test_an_authority_that_was_half_made_is_made_whole(params: LabParams) -> None:
    authority.make(params)
    (params.trust).unlink()
    authority.make(params)
    whom = Identity.of(server(**META))
    read(authority.issue(params, whom)).verify_directly_issued_by(
        x509.load_pem_x509_certificate(params.trust.read_bytes())
    )


def test_without_an_authority_nobody_signs(params: LabParams) -> None:
    with pytest.raises(Failed, match="its authority cannot be read"):
        authority.issue(params, Identity.of(server(**META)))


def test_a_host_is_given_its_certificate_as_cloud_init_takes_vendor_data(params: LabParams) -> None:
    authority.make(params)
    files = given(params, **META)
    key = files["/etc/ssl/service/key.pem"]
    assert (key["permissions"], key["owner"]) == ("0640", "root:service-tls")
    chain = x509.load_pem_x509_certificate(files["/etc/ssl/service/chain.pem"]["content"].encode())
    private = load_pem_private_key(key["content"].encode(), None)
    assert chain.public_key() == private.public_key()
    assert files["/etc/ssl/service/trust.pem"]["content"] == params.trust.read_text()


def test_a_certificate_does_not_show_its_key(params: LabParams) -> None:
    authority.make(params)
    issued = authority.issue(params, Identity.of(server(**META)))
    assert issued.key not in f"{issued} {issued!r}"


def test_a_host_is_given_the_secrets_that_its_roles_need_and_no_others(params: LabParams) -> None:
    authority.make(params)
    credentials.make(params)
    before = credentials.password(params).read_text()
    credentials.make(params)
    assert credentials.password(params).read_text() == before
    assert credentials.password(params).stat().st_mode & 0o777 == 0o600
    radius, broker = given(params, **META, roles="radius"), given(params, **META, roles="web,broker")
    assert set(radius) - CERTIFICATE == {"/etc/service/users", "/etc/service/radius-clients"}
    assert set(broker) - CERTIFICATE == {"/etc/service/users"}
    assert set(given(params, **META)) == CERTIFICATE
    assert broker["/etc/service/users"]["content"] == f"probe:{before}\n"
    assert {one["permissions"] for path, one in radius.items() if path not in CERTIFICATE} == {"0600"}


def test_a_lab_without_an_authority_gives_nothing(params: LabParams) -> None:
    assert vendor_data.text(params, server(**META)) is None
