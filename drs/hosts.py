"""What operators find at the hosts of a site once they log in; a host that lets nobody in is Unseen."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.x509 import (
    DNSName,
    ExtensionNotFound,
    SubjectAlternativeName,
    load_pem_x509_certificates,
)

from drs.observed import Unseen

CHAIN = "/etc/ssl/service/chain.pem"
"""The certificate of the host, and those of who signed it after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCertificate:
    """The first of a chain: for which names it is good, from when and until when."""

    names: frozenset[str]
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedHost:
    """A host that let operators in, with its certificate, or why there is none; `answer` is Unseen where it did not."""

    site: str
    server: str
    service: str
    answer: SeenCertificate | str | Unseen


def read(chain: str) -> SeenCertificate | str:
    """From the text of CHAIN; what is wrong with it, where it is no chain of certificates."""
    try:
        leaf = load_pem_x509_certificates(chain.encode("ascii"))[0]
    except ValueError:  # not ASCII is one, too
        return f"{CHAIN} holds no certificate"
    try:
        found = leaf.extensions.get_extension_for_class(SubjectAlternativeName).value
        names = frozenset(found.get_values_for_type(DNSName))
    except (ExtensionNotFound, ValueError):
        names = frozenset()
    return SeenCertificate(names=names, begins=leaf.not_valid_before_utc, ends=leaf.not_valid_after_utc)
