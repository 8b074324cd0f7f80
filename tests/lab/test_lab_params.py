import json
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from city.errors import InvalidInput, Refused
from lab.params import Api, LabParams


def params(root: Path = Path("/lab"), base_port: int = 15_000, base_address: str = "127.64.0.0") -> LabParams:
    return LabParams(name="lab", root=root, base_port=base_port, base_address=IPv4Address(base_address), seed=7)


@pytest.mark.parametrize(
    ("region", "api", "port"),
    [
        pytest.param(0, Api.KEYSTONE, 15_000, id="the data centre's first port"),
        pytest.param(0, Api.OCTAVIA, 15_008, id="the data centre's last service"),
        pytest.param(1, Api.KEYSTONE, 15_020, id="the recovery site's first port"),
    ],
)
def test_ports(region: int, api: Api, port: int) -> None:
    assert params().port(region, api) == port
    assert params().url(region, api) == f"http://127.0.0.1:{port}"


def test_no_port_is_given_twice() -> None:
    ports = [params().port(region, api) for region in (0, 1) for api in Api]
    assert len(set(ports)) == len(ports)


def test_there_is_no_third_region() -> None:
    with pytest.raises(ValueError, match="numbered 2"):
        params().port(2, Api.NOVA)


@pytest.mark.parametrize(
    ("index", "address"),
    [(0, "127.64.1.0"), (255, "127.64.1.255"), (256, "127.64.2.0"), (499, "127.64.2.243")],
)
def test_devices_have_addresses_in_the_citys_order(index: int, address: str) -> None:
    assert params().address_of(index) == IPv4Address(address)


def test_no_device_leaves_loopback() -> None:
    near_the_end = params(base_address="127.255.254.0")
    assert near_the_end.address_of(255) == IPv4Address("127.255.255.255")
    with pytest.raises(InvalidInput, match="device 256"):
        near_the_end.address_of(256)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        pytest.param({"base_port": 80}, "ports from 80", id="a privileged port"),
        pytest.param({"base_port": 65_500}, "ports from 65500", id="ports past the last"),
        pytest.param({"base_address": IPv4Address("10.0.0.0")}, "not a loopback", id="an address others reach"),
        pytest.param({"root": Path("lab")}, "relative", id="a folder that moves with the caller"),
    ],
)
def test_a_lab_that_cannot_be_is_refused(wrong: dict[str, int | IPv4Address | Path], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        replace(params(), **wrong)  # type: ignore[arg-type]  # each by its field's type


def test_what_is_claimed_is_loaded_again(tmp_path: Path) -> None:
    mine = params(root=tmp_path / "lab")
    mine.claim()
    mine.claim()
    assert LabParams.load(mine.root) == mine
    assert {path.stat().st_mode & 0o777 for path in (mine.root, mine.secrets, mine.logs)} == {0o700}


def test_hosts_are_kept_and_a_lab_of_before_has_none(tmp_path: Path) -> None:
    mine = replace(params(root=tmp_path), hosts=True)
    mine.claim()
    assert LabParams.load(tmp_path) == mine
    with pytest.raises(Refused, match=r"with hosts; now .*without hosts"):
        replace(mine, hosts=False).claim()
    kept = json.loads(mine.file.read_text(encoding="utf-8"))
    del kept["hosts"]
    mine.file.write_text(json.dumps(kept), encoding="utf-8")
    assert LabParams.load(tmp_path) == replace(mine, hosts=False)


def test_anothers_folder_is_refused_with_both_settings(tmp_path: Path) -> None:
    params(root=tmp_path).claim()
    with pytest.raises(Refused, match=r"ports from 15000.*now lab, ports from 15100.*wipe"):
        params(root=tmp_path, base_port=15_100).claim()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(None, "no lab was made", id="no file"),
        pytest.param("{", "cannot be read", id="half a file"),
        pytest.param('{"name": "lab"}', "cannot be read", id="a field missing"),
        pytest.param(
            '{"name": "a", "base_port": 15000, "base_address": "here", "seed": 1}', "cannot be read", id="no address"
        ),
    ],
)
def test_a_broken_lab_says_so(tmp_path: Path, content: str | None, problem: str) -> None:
    if content is not None:
        (tmp_path / "lab.json").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match=problem):
        LabParams.load(tmp_path)
