from ipaddress import IPv4Address
from pathlib import Path

import pytest

from asty import workspace
from city.errors import InvalidInput


def environ(tmp_path: Path, **more: str) -> dict[str, str]:
    city = tmp_path / "town"
    city.mkdir(exist_ok=True)
    return {"HOME": str(tmp_path), "ASTY_CITY": str(city), **more}


@pytest.mark.parametrize(
    ("variables", "options", "expected"),
    [
        pytest.param({}, {}, ("lab", 15_000, "127.64.0.0"), id="nothing said: the lab"),
        pytest.param({"ASTY_WORKSPACE": "test"}, {}, ("test", 25_000, "127.96.0.0"), id="by variable"),
        pytest.param({"ASTY_WORKSPACE": "test"}, {"name": "lab"}, ("lab", 15_000, "127.64.0.0"), id="option wins"),
        pytest.param(
            {},
            {"name": "mine", "base_port": 30_000, "base_address": "127.100.0.0"},
            ("mine", 30_000, "127.100.0.0"),
            id="a new one with its own ports and addresses",
        ),
        pytest.param(
            {"ASTY_BASE_PORT": "30000", "ASTY_BASE_ADDRESS": "127.100.0.0"},
            {"name": "mine"},
            ("mine", 30_000, "127.100.0.0"),
            id="ports and addresses by variable",
        ),
        pytest.param({}, {"base_port": 16_000}, ("lab", 16_000, "127.64.0.0"), id="the lab on other ports"),
    ],
)
def test_find(
    tmp_path: Path, variables: dict[str, str], options: dict[str, str], expected: tuple[str, int, str]
) -> None:
    found = workspace.find(environ(tmp_path, **variables), **options)  # type: ignore[arg-type]  # a table of any option
    assert (found.name, found.base_port, str(found.base_address)) == expected
    assert found.home == tmp_path / ".local/state/asty" / found.name


@pytest.mark.parametrize(
    ("variables", "options", "problem"),
    [
        pytest.param({"ASTY_WORKSPACE": "../etc"}, {}, "not a name", id="a name that leaves its folder"),
        pytest.param({}, {"name": "mine"}, "not known", id="a new one without ports"),
        pytest.param({}, {"base_address": "10.0.0.0"}, "not a loopback", id="addresses that others could reach"),
        pytest.param({}, {"base_address": "0.0.0.0"}, "not a loopback", id="the address of every interface"),  # noqa: S104 - refused
        pytest.param({}, {"base_address": "lo"}, "not a loopback", id="no address at all"),
        pytest.param({}, {"base_port": 80}, "not usable", id="a port of the system"),
        pytest.param({"ASTY_BASE_PORT": "many"}, {}, "not usable", id="a port that is no number"),
        pytest.param({}, {"city": "atlantis"}, "no such folder", id="a city that nobody declared"),
    ],
)
def test_refused(tmp_path: Path, variables: dict[str, str], options: dict[str, str], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        workspace.find(environ(tmp_path, **variables), **options)  # type: ignore[arg-type]  # a table of any option


def test_state_home_is_where_xdg_says(tmp_path: Path) -> None:
    given = environ(tmp_path, XDG_STATE_HOME=str(tmp_path / "state"), XDG_CACHE_HOME="relative/is/ignored")
    found = workspace.find(given)
    assert found.home == tmp_path / "state/asty/lab"
    assert found.caches == tmp_path / ".cache/asty"


def test_a_city_of_the_checkout_by_its_name(tmp_path: Path) -> None:
    found = workspace.find(environ(tmp_path), city="example")
    assert found.city_folder == workspace.find_project() / "cities/example"


def test_prepare_is_private_and_repeatable(tmp_path: Path) -> None:
    found = workspace.find(environ(tmp_path))
    found.prepare()
    found.prepare()
    assert found.pulumi.is_dir() and found.pulumi.is_relative_to(found.home / "sites" / "recovery")
    assert {path.stat().st_mode & 0o777 for path in (found.home, *found.home.rglob("*"))} == {0o700}


def test_two_workspaces_share_nothing(tmp_path: Path) -> None:
    one, other = (workspace.find(environ(tmp_path), name=name) for name in ("lab", "test"))
    assert not other.home.is_relative_to(one.home) and not one.home.is_relative_to(other.home)
    assert abs(other.base_port - one.base_port) > 100
    assert one.base_address == IPv4Address("127.64.0.0") != other.base_address
