"""Certificates as servers show them: good ones, and each kind of wrong one."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Signer:
    """Whoever signs: a root where it signed itself, an intermediate where `by` another."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def signer(name: str, by: Signer | None = None, *, days: float = 90) -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = (by.certificate.subject, by.key) if by else (_called(name), key)
    return Signer(_made(name, key, issuer, days), key)


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _made(  # noqa: PLR0913 - a certificate has as many parts
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey],
    days: float,
    *,
    host: str = "",
    from_days: float = -100,
) -> x509.Certificate:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_called(name))
        .issuer_name(issuer[0])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + from_days * DAY)
        .not_valid_after(now + days * DAY)
        .add_extension(x509.BasicConstraints(ca=not host, path_length=None), critical=True)
    )
    if host:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return made.sign(issuer[1], hashes.SHA256())


def server(  # noqa: PLR0913 - each is one way to be wrong
    folder: Path,
    by: Signer | None,
    host: str = "www.example.test",
    *,
    days: float = 30,
    from_days: float = -100,
    between: Signer | None = None,
) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for `host` signed by `by` (itself where None); `between` is shown
    beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = (by.certificate.subject, by.key) if by else (_called(host), key)
    leaf = _made(host, key, issuer, days, host=host, from_days=from_days)
    file = folder / f"{leaf.serial_number:x}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    shown = leaf.public_bytes(serialization.Encoding.PEM)
    file.write_bytes(private + shown + (between.pem if between else b""))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
