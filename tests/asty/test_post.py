"""What a host is told, and that it comes there whole, and nothing besides."""

import hashlib
import io
import os
import tarfile
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from asty import post as posts
from asty.post import Post, packed, read, told
from city.errors import InvalidInput
from city.inventory import Endpoint, SnmpV2c, SnmpV3
from city.kept import fingerprint_of
from city.load import load
from city.secrets import Secret, SecretRef, resolve
from monitoring.snapshot import ObservedIn
from tests.playbooks.files import program

EXAMPLE = Path(__file__).parents[2] / "cities" / "example"
NOBODY = SecretRef("env", "ASTY_NO_LOGIN")


def endpoint(device: str, snmp: SnmpV2c | SnmpV3) -> Endpoint:
    return Endpoint(
        device=device,
        address=IPv4Address("10.10.0.100"),
        ssh_port=0,
        snmp_port=161,
        user="",
        password=NOBODY,
        host_key="",
        snmp=snmp,
    )


POST = Post(
    name="monitoring-1 (datacentre)",
    observed_in=ObservedIn.LAB,
    point="datacentre",
    inventory={
        "ap-0001": endpoint("ap-0001", SnmpV2c(community=SecretRef("env", "ONE"))),
        "ap-0002": endpoint(
            "ap-0002",
            SnmpV3(user="poll", auth=SecretRef("env", "ONE"), priv=SecretRef("env", "TWO"), auth_protocol="sha1"),
        ),
    },
    secrets={"ONE": Secret("first"), "TWO": Secret("second")},
)


def taken(home: Path, content: bytes) -> Path:
    """As a host takes it, whose user of asty is this one."""
    take = program("dashboard", "take")
    home.mkdir(exist_ok=True)
    take.HOME, take.USER = home, os.getgid()
    take.take(content, hashlib.sha256(content).hexdigest())
    return home


def test_a_host_reads_what_its_operators_meant(tmp_path: Path) -> None:
    home = taken(tmp_path / "asty", packed(POST, EXAMPLE))
    assert read(home) == POST
    assert load(told(home) / "city", images=False).fingerprint == fingerprint_of(EXAMPLE)
    assert (told(home) / "code" / "asty" / "watching.py").read_bytes() == Path(posts.__file__).with_name(
        "watching.py"
    ).read_bytes()


def test_a_host_is_told_the_same_by_the_same_bytes_and_another_host_by_others() -> None:
    assert packed(POST, EXAMPLE) == packed(POST, EXAMPLE)
    assert packed(POST, EXAMPLE) != packed(Post(name="other", observed_in=ObservedIn.LAB), EXAMPLE)


def test_secrets_are_read_by_astys_group_alone_and_who_is_told_none_has_none(tmp_path: Path) -> None:
    home = taken(tmp_path / "asty", packed(POST, EXAMPLE))
    file = told(home) / "post.json"
    assert (file.stat().st_mode & 0o777, file.stat().st_gid) == (0o640, os.getgid())
    assert b"first" in file.read_bytes() and "first" not in repr(POST)
    shown = Post(
        name="city-dashboard-1 (datacentre)",
        observed_in=ObservedIn.LAB,
        follow="https://m.example.test/ledger",
        at=IPv4Address("10.0.3.136"),
    )
    assert posts.read(taken(tmp_path / "shows", packed(shown, EXAMPLE))) == shown
    with tarfile.open(fileobj=io.BytesIO(packed(shown, EXAMPLE))) as tar:
        kept = tar.extractfile("post.json")
        assert kept is not None and b'"secrets": {}' in kept.read()


def test_references_lead_to_the_secrets_once_they_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in POST.secrets:
        monkeypatch.setenv(name, "")
    posts.know(POST)
    assert resolve(SecretRef("env", "TWO")) == Secret("second")


@pytest.mark.parametrize("content", [None, "", "{}", '{"name": "a", "observed_in": "elsewhere"}', "[1]"])
def test_a_host_that_was_told_nothing_of_sense_says_who_tells_it(tmp_path: Path, content: str | None) -> None:
    told(tmp_path).mkdir()
    if content is not None:
        (told(tmp_path) / "post.json").write_text(content)
    with pytest.raises(InvalidInput, match="asty tell"):
        read(tmp_path)
