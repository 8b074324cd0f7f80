"""The lab's authority: it stands for the city's own, and signs a certificate for each host of the lab's clouds.

Its key is one of the lab's secrets; its certificate (`trust.pem` of the lab) is whom to trust. A host is given its
certificate as vendor data on its config drive, the way a provider gives a host what the provider alone knows, so that
no image holds a key. The certificate is made anew at each start: a host that starts has one that is good.

    /etc/ssl/service/chain.pem    the host's certificate
    /etc/ssl/service/key.pem      its key, for the group service-tls
    /etc/ssl/service/trust.pem    the authority's certificate, by which hosts know each other
"""

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from city.errors import Failed
from lab.hosts.guest import Guest
from lab.openstack.folders import write_private
from lab.params import LabParams

LASTS = timedelta(days=730)
FOLDER = "/etc/ssl/service"
_DRIVE = "openstack/latest/"
_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_-]{1,63})*")
_Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom a certificate is for. `common` is the service's id; the first name is that of the server."""

    common: str
    names: tuple[str, ...]
    addresses: tuple[str, ...] = ()

    @classmethod
    def of(cls, guest: Guest) -> "Identity":
        """By what its cloud says of it on the config drive."""
        told = _read(guest, "meta_data.json").get("meta") or {}
        names = (guest.hostname, _service_name(told.get("fqdn")))
        return cls(
            common=str(told.get("service") or guest.hostname)[:64],
            names=tuple(dict.fromkeys(filter(None, names))),
            addresses=tuple(dict.fromkeys(_addresses(_read(guest, "network_data.json")))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """PEM. The key does not show."""

    chain: str
    key: str
    trust: str

    def __repr__(self) -> str:
        return "Certificate(***)"


def make(params: LabParams) -> None:
    """Have the authority, its key the lab's user's own (0600). A key without a certificate is made anew."""
    if _kept(params).exists() and params.trust.exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"The authority of the lab {params.name}"[:64])
    uses = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    trust = (
        _begun(name, name, key.public_key(), LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(uses, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    params.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    params.trust.unlink(missing_ok=True)
    write_private(_kept(params), _pem(key))
    write_private(params.trust, trust.public_bytes(Encoding.PEM).decode())


def issue(params: LabParams, identity: Identity, lasts: timedelta = LASTS) -> Certificate:
    """A certificate of the authority, good for a server and for a client. Raises Failed where there is no authority."""
    try:
        authority = load_pem_private_key(_kept(params).read_bytes(), None)
        trust = x509.load_pem_x509_certificate(params.trust.read_bytes())
    except (OSError, ValueError) as error:
        raise Failed(f"lab {params.name}", f"its authority cannot be read ({error})", "Wipe the lab.") from error
    if not isinstance(authority, _Key):
        raise Failed(str(_kept(params)), "it is no key of an elliptic curve", "Wipe the lab.")
    key = ec.generate_private_key(ec.SECP256R1())
    ends = min(datetime.now(UTC) + lasts, trust.not_valid_after_utc)
    own = (
        _begun(_name(identity.common), trust.subject, key.public_key(), ends - datetime.now(UTC))
        .add_extension(x509.SubjectAlternativeName([*_alternatives(identity)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
    )
    return Certificate(
        chain=own.public_bytes(Encoding.PEM).decode(), key=_pem(key), trust=trust.public_bytes(Encoding.PEM).decode()
    )


def files(certificate: Certificate) -> list[dict[str, str]]:
    """As cloud-init writes files."""
    return [
        {"path": f"{FOLDER}/trust.pem", "content": certificate.trust, "permissions": "0644"},
        {"path": f"{FOLDER}/chain.pem", "content": certificate.chain, "permissions": "0644"},
        {
            "path": f"{FOLDER}/key.pem",
            "content": certificate.key,
            "permissions": "0640",
            "owner": "root:service-tls",
        },
    ]


def roles(guest: Guest) -> tuple[str, ...]:
    """Those that its metadata name."""
    told = _read(guest, "meta_data.json").get("meta") or {}
    return tuple(name.strip() for name in str(told.get("roles") or "").split(","))


def service(guest: Guest) -> str:
    """That which its metadata name; empty where they name none."""
    return str((_read(guest, "meta_data.json").get("meta") or {}).get("service") or "")


def _kept(params: LabParams) -> Path:
    return params.secrets / "authority"


def _read(guest: Guest, name: str) -> Mapping[str, Any]:
    try:
        told = json.loads(guest.drive.get(_DRIVE + name) or "{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _service_name(fqdn: object) -> str | None:
    name = str(fqdn or "").rstrip(".").lower()
    return name if _NAME.fullmatch(name) else None


def _addresses(network: Mapping[str, Any]) -> Iterator[str]:
    """The fixed ones, as Nova's network_data.json has them."""
    for one in network.get("networks") or ():
        if address := one.get("ip_address"):
            yield str(address).partition("/")[0]


def _alternatives(identity: Identity) -> Iterator[x509.GeneralName]:
    yield from map(x509.DNSName, identity.names)
    yield from (x509.IPAddress(ipaddress.ip_address(address)) for address in identity.addresses)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lasts: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lasts)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(key: _Key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
