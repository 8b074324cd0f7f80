"""What looks through probes show in numbers, as rows of the series: one for each service and vantage point.

A row is called `service:ID@POINT`; no device's id has a colon.
"""

from collections.abc import Collection, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from monitoring.probing.failure import Failure
from monitoring.probing.probe import Found
from monitoring.series.files import DEVICE, KEY, VALUE

SUCCESS, SECONDS, CERTIFICATE_ENDS = "probeSuccess", "probeDurationSeconds", "probeCertificateEndSeconds"
KEYS = frozenset({SUCCESS, SECONDS, CERTIFICATE_ENDS})
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


def of_probes(newest: pa.Table) -> Iterator[tuple[str, str, str, float]]:
    """Service, vantage point, key and value of each reading of a probe among the newest (device, key, value)."""
    rows = newest.filter(pc.starts_with(newest[DEVICE].cast(pa.string()), _PREFIX))
    texts = [rows[name].cast(pa.string()).to_pylist() for name in (DEVICE, KEY)]
    for row, key, value in zip(*texts, rows[VALUE].to_pylist(), strict=True):
        service, _, point = str(row).removeprefix(_PREFIX).partition("@")
        if key in KEYS:
            yield service, point, str(key), value
