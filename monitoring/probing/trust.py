"""Whom a probe trusts, the chain of certificates that a server showed, and why a chain is not good enough."""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from monitoring.probing.failure import Failed, Failure

_DER = 2
"""_ssl.ENCODING_DER."""
_REASONS = {
    9: Failure.NOT_YET,
    10: Failure.EXPIRED,
    62: Failure.WRONG_NAME,
    64: Failure.WRONG_NAME,
}
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID, _CERT_HAS_EXPIRED, _HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH."""


@dataclass(frozen=True, slots=True)
class Chain:
    """`ends`: when the first of its certificates does."""

    ends: datetime
    evidence: str


def context(trusted: str) -> ssl.SSLContext:
    """Trusts the certificates of this file, or those that this machine trusts where it is empty. Raises Failed."""
    try:
        return _context(trusted, Path(trusted).stat().st_mtime_ns if trusted else 0)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or type(error).__name__
        raise Failed(Failure.NOT_ASKED, f"whom to trust cannot be read from {trusted} ({reason})") from error


@lru_cache(maxsize=8)
def _context(trusted: str, _changed: int) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=trusted or None)


def failed(error: ssl.SSLCertVerificationError) -> Failed:
    return Failed(_REASONS.get(error.verify_code, Failure.UNTRUSTED), error.verify_message)


def chain(tls: ssl.SSLObject) -> Chain:
    """Of a handshake that was verified."""
    found = [x509.load_der_x509_certificate(der) for der in _verified(tls)]
    first = min(found, key=lambda one: one.not_valid_after_utc)
    ends = first.not_valid_after_utc
    return Chain(ends, f"{_called(found[0])} signed by {_called(found[-1])}, until {ends:%Y-%m-%d}")


def _verified(tls: ssl.SSLObject) -> Iterable[bytes]:
    """The chain as it was verified, the server's own certificate first."""
    inner = tls._sslobj  # type: ignore[attr-defined]  # noqa: SLF001 - public from Python 3.13 on alone
    return [one.public_bytes(_DER) for one in inner.get_verified_chain()]


def _called(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else f"number {certificate.serial_number:x}"
