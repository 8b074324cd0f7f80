"""The secrets of a probe, resolved at the moment of use; one that is not there is our trouble, not the service's."""

from city.errors import InvalidInput
from city.secrets import SecretRef, resolve
from monitoring.probing.failure import Failed, Failure


def secret(reference: str) -> bytes:
    """Raises Failed."""
    try:
        return resolve(SecretRef.parse(reference)).reveal().encode()
    except (InvalidInput, UnicodeDecodeError) as missing:
        raise Failed(Failure.NOT_ASKED, f"the secret {reference} cannot be had") from missing
