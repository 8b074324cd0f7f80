"""The list of an image's packages, out of dpkg's status file."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidInput
from infra.bill import Package, cyclonedx, packages

STATUS = """Package: nginx-light
Status: install ok installed
Priority: optional
Architecture: amd64
Source: nginx
Version: 1.22.1-9+deb12u2
Conffiles:
 /etc/nginx/nginx.conf 1a2b
 Version: 9 of a list that goes on
Description: small web server
 Status: of a text that goes on

Package: libstdc++6
Status: hold ok installed
Architecture: amd64
Multi-Arch: same
Source: gcc-12 (12.2.0-14)
Version: 12.2.0-14+deb12u1

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1:2.0

Package: half
Status: install ok half-configured
Architecture: all
Version: 1

Package: adduser
Status: install ok installed
Architecture: all
Version: 3.134
"""
"""As dpkg 1.21 of Debian 12 writes it; deb-src-control(5) has the form of Source."""


def test_what_is_installed_is_listed_with_its_source() -> None:
    assert packages(STATUS) == (
        Package(name="adduser", architecture="all", version="3.134", source="adduser", source_version="3.134"),
        Package(
            name="libstdc++6",
            architecture="amd64",
            version="12.2.0-14+deb12u1",
            source="gcc-12",
            source_version="12.2.0-14",
        ),
        Package(
            name="nginx-light",
            architecture="amd64",
            version="1.22.1-9+deb12u2",
            source="nginx",
            source_version="1.22.1-9+deb12u2",
        ),
    )


def test_a_package_has_an_address_whose_signs_are_coded() -> None:
    """The purl specification's own rule: what is not a letter, a digit or one of `.-_~:` is coded."""
    urls = [package.url for package in packages(STATUS)]
    assert urls[1] == "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64"


def test_a_bill_has_what_cyclonedx_asks_for() -> None:
    bill = cyclonedx("web.squashfs", "ab" * 32, packages(STATUS))
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.5", 1)
    text = json.dumps(bill)
    assert '"hashes": [{"alg": "SHA-256", "content": "abab' in text
    components = bill["components"]
    assert isinstance(components, list)
    assert len({one["bom-ref"] for one in components}) == len(components) == 3
    assert components[1]["properties"] == [{"name": "debian:source", "value": "gcc-12@12.2.0-14"}]


@given(st.permutations(STATUS.strip().split("\n\n")))
def test_the_order_of_the_file_changes_nothing(entries: list[str]) -> None:
    assert packages("\n\n".join(entries)) == packages(STATUS)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", "no package is installed", id="empty"),
        pytest.param("Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n", "no package is", id="none"),
        pytest.param("root:x:0:0::/root:/bin/sh\n", "no package is installed", id="another file"),
        pytest.param(STATUS.replace("Version: 3.134", ""), "entry 5: it has no Version", id="no version"),
        pytest.param(STATUS.replace("adduser", "Add User"), "'Add User' is no name of a package", id="no name"),
    ],
)
def test_a_text_that_is_no_status_file_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        packages(text)
    assert problem in str(caught.value)


def test_this_machines_own_packages_are_read() -> None:
    """Each that dpkg calls installed."""
    text = Path("/var/lib/dpkg/status").read_text(encoding="utf-8")
    installed = len(re.findall(r"^Status: \S+ ok installed$", text, flags=re.MULTILINE))
    assert len(packages(text)) == installed > 50
