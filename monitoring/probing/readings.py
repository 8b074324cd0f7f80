"""What looks through probes show in numbers, as rows of the series: one for each service and vantage point.

A row is called `service:ID@POINT`; no device's id has a colon.
"""

from collections.abc import Collection, Mapping

from monitoring.probing.failure import Failure
from monitoring.probing.probe import Found

SUCCESS, SECONDS, CERTIFICATE_ENDS = "probeSuccess", "probeDurationSeconds", "probeCertificateEndSeconds"
_PREFIX = "service:"


def readings(looks: Mapping[str, Mapping[str, Found]], services: Collection[str]) -> dict[str, dict[str, float]]:
    """Of these services; `looks` by service and vantage point. What nobody asked is left out."""
    return {
        f"{_PREFIX}{service}@{point}": _numbers(found)
        for service in services
        for point, found in looks[service].items()
        if found.failure is not Failure.NOT_ASKED
    }


def _numbers(found: Found) -> dict[str, float]:
    ends = {} if found.certificate_ends is None else {CERTIFICATE_ENDS: found.certificate_ends}
    return {SUCCESS: float(found.failure is None), SECONDS: found.seconds, **ends}


def service_and_point(row: str) -> tuple[str, str] | None:
    """Whose row it is; None where it is a device's."""
    service, at, point = row.removeprefix(_PREFIX).partition("@")
    return (service, point) if row.startswith(_PREFIX) and at else None
