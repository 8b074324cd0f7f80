"""Certificates as PEM (RFC 7468), whole in a file of the city's data."""

from cryptography.x509 import load_pem_x509_certificates

from city.load.kinds import Kind, Unreadable


def _certificate(text: str) -> str:
    try:
        load_pem_x509_certificates(text.encode("ascii"))
    except ValueError as error:
        remedy = "Write `|`, and below it the lines from BEGIN CERTIFICATE to END CERTIFICATE, each further in."
        raise Unreadable("it is no certificate", remedy) from error
    return text.strip() + "\n"


CERTIFICATE = Kind(_certificate, "-")
