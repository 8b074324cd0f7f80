"""The list of an image's packages as CycloneDX 1.5, out of dpkg's own status file. Pure.

The same packages give the same bytes: no time, no random number, sorted by name. So an image that is built twice has
one list, and two lists that differ tell what changed. https://cyclonedx.org/docs/1.5/json/, and package URLs of type
deb: https://github.com/package-url/purl-spec.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from city.errors import InvalidInput

_INSTALLED = "ok installed"
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")  # Debian policy, 5.6.1
_SOURCE = re.compile(r"(\S+)(?: \((\S+)\))?")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Package:
    """`source` and `source_version` are those of the source package, by which Debian's security tracker names it."""

    name: str
    architecture: str
    version: str
    source: str
    source_version: str

    @property
    def url(self) -> str:
        name, version = quote(self.name, safe=""), quote(self.version, safe="")
        return f"pkg:deb/debian/{name}@{version}?arch={quote(self.architecture, safe='')}"


def packages(status: str, where: str = "dpkg's status") -> tuple[Package, ...]:
    """What dpkg calls installed and not only half so, sorted. Raises InvalidInput for a text that is no status file."""
    found = tuple(sorted(_packages(status, where)))
    if not found:
        raise InvalidInput(where, "no package is installed there", "Name the file var/lib/dpkg/status of an image.")
    return found


def cyclonedx(image: str, sha256: str, held: tuple[Package, ...]) -> dict[str, object]:
    """The bill of an image with this digest, to be written as JSON."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "operating-system",
                "name": image,
                "hashes": [{"alg": "SHA-256", "content": sha256}],
            }
        },
        "components": [_component(package) for package in held],
    }


def _component(package: Package) -> dict[str, object]:
    source = f"{package.source}@{package.source_version}"
    return {
        "type": "library",
        "bom-ref": package.url,
        "name": package.name,
        "version": package.version,
        "purl": package.url,
        "properties": [{"name": "debian:source", "value": source}],
    }


def _packages(status: str, where: str) -> Iterator[Package]:
    for number, paragraph in enumerate(re.split(r"\n{2,}", status.strip("\n")), 1):
        fields = _fields(paragraph)
        if fields.get("Status", "").endswith(_INSTALLED):
            yield _package(fields, f"{where}, entry {number}")


def _fields(paragraph: str) -> Mapping[str, str]:
    """The first line of each field: those that are asked for have only one (deb822(5))."""
    lines = (line.partition(":") for line in paragraph.splitlines() if not line.startswith((" ", "\t", "#")))
    return {key: value.strip() for key, _, value in lines}


def _package(fields: Mapping[str, str], where: str) -> Package:
    missing = next((key for key in ("Package", "Version", "Architecture") if not fields.get(key)), None)
    if missing or not _NAME.fullmatch(fields["Package"]):
        problem = f"it has no {missing}" if missing else f"{fields['Package'][:60]!r} is no name of a package"
        raise InvalidInput(where, problem, "Name the file var/lib/dpkg/status of an image.")
    name, version = fields["Package"], fields["Version"]
    source = _SOURCE.fullmatch(fields.get("Source", "")) or _SOURCE.fullmatch(name)
    return Package(
        name=name,
        version=version,
        architecture=fields["Architecture"],
        source=source[1] if source else name,
        source_version=(source[2] if source else "") or version,
    )
