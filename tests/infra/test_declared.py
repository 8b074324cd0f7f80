"""What stands in the cloud, as `asty check` holds it to what is there: roles, and one address for each host."""

import shutil
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from asty.city_data import load
from city.errors import InvalidCity
from city.model.places import SiteRole
from infra.blocks import block_of
from infra.hosts import roles
from infra.hosts.roles import RolePromises

EXAMPLE = Path(__file__).parents[2] / "cities" / "example"
KNOWN = roles.known


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(EXAMPLE, tmp_path / "city")


def plant(folder: Path, name: str, old: str, new: str) -> int:
    """The line at which `new` stands for the first `old`, the last of it where it has several."""
    path = folder / name
    before, found, after = path.read_text(encoding="utf-8").partition(old)
    assert found, f"{name} does not hold {old!r}"
    path.write_text(before + new + after, encoding="utf-8")
    return (before + new).rstrip("\n").count("\n") + 1


def told(folder: Path, name: str) -> list[tuple[int, str, str]]:
    with pytest.raises(InvalidCity) as caught:
        load(folder)
    assert {one.file.name for one in caught.value.defects} == {name}
    return [(one.line, one.problem, one.remedy) for one in caught.value.defects]


def test_a_role_that_does_not_exist_is_told_with_the_one_that_was_meant(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "roles" / "web" / "meta").mkdir(parents=True)
    (tmp_path / "roles" / "web" / "meta" / "argument_specs.yml").touch()
    (tmp_path / "roles" / "half").mkdir()
    monkeypatch.setattr(roles, "known", lambda: KNOWN(tmp_path / "roles"))
    line = plant(folder, "services.yaml", "    port: 443\n", "    port: 443\n    roles: [web, wbe]\n")
    [(at, problem, remedy)] = told(folder, "services.yaml")
    assert at == line
    assert problem.startswith("portal: workload: roles names 'wbe', which is no folder")
    assert remedy == "Did you mean 'web'?"
    plant(folder, "services.yaml", "[web, wbe]", "[web, half]")
    [(_, problem, _)] = told(folder, "services.yaml")
    assert "'half'" in problem, "a folder that does not say what it takes is no role"
    plant(folder, "services.yaml", "[web, half]", "[web]")
    portal = load(folder).service("portal").workload
    assert portal is not None and portal.roles == ("web",)


def test_two_services_with_one_slot_are_told_at_the_second(folder: Path) -> None:
    first = plant(folder, "services.yaml", "    dns_name: www\n", "    dns_name: www\n    slot: 0\n")
    second = plant(folder, "services.yaml", "    dns_name: login\n", "    dns_name: login\n    slot: 0\n")
    assert first < second
    [(line, problem, remedy)] = told(folder, "services.yaml")
    assert line == second
    assert problem.startswith("identity: workload: slot 0 of the application networks is that of portal")
    assert remedy == "Declare `slot: 1`, or none."


def test_one_slot_of_two_networks_is_two_blocks(folder: Path) -> None:
    plant(folder, "services.yaml", "    dns_name: www\n", "    dns_name: www\n    slot: 0\n")
    plant(folder, "services.yaml", "    dns_name: sensors\n", "    dns_name: sensors\n    slot: 0\n")
    assert len(load(folder).services) == len(load(EXAMPLE).services)


@pytest.mark.parametrize("offset", [0, 1, 2])
def test_a_device_with_a_hosts_address_is_told(folder: Path, offset: int) -> None:
    """The balancer's, and that of each of the two instances."""
    taken = _monitoring() + offset
    line = plant(folder, "switches.csv", "10.1.3.11", str(taken))
    [(at, problem, _)] = told(folder, "switches.csv")
    assert (at, problem) == (line, f"sw-core-01: address {taken} is that of monitoring already")


def test_a_database_needs_an_address_that_instances_would_take(folder: Path) -> None:
    line = plant(folder, "services.yaml", "    instances: 2\n", "    instances: 7\n")
    [(at, problem, remedy)] = told(folder, "services.yaml")
    assert at == line and problem.endswith("7 instances leave no address for the host of database portal")
    assert remedy == "Write 6 or fewer, and larger ones."


def test_a_device_with_the_address_of_a_database_is_told(folder: Path) -> None:
    kept = "  database: watch\n  backup: {to: recovery}\n"
    plant(folder, "services.yaml", "  recovery: cold\n", f"  recovery: cold\n{kept}")
    taken = _monitoring() + 7
    line = plant(folder, "switches.csv", "10.1.3.11", str(taken))
    [(at, problem, _)] = told(folder, "switches.csv")
    assert (at, problem) == (line, f"sw-core-01: address {taken} is that of monitoring already")


def test_a_device_behind_the_last_instance_is_nobodys_host(folder: Path) -> None:
    plant(folder, "switches.csv", "10.1.3.11", str(_monitoring() + 3))
    assert load(folder).device("sw-core-01").address == _monitoring() + 3


def test_a_device_of_a_district_meets_no_host_of_the_cloud(folder: Path) -> None:
    """Its network is cut into no blocks."""
    offset = int(_monitoring()) - int(IPv4Address("10.1.3.0"))
    plant(folder, "switches.csv", "10.10.0.11", str(IPv4Address("10.10.0.0") + offset))
    assert load(folder).device("sw-west-01").address == IPv4Address("10.10.0.0") + offset


def test_a_block_that_its_network_does_not_have_is_nobodys(folder: Path) -> None:
    """The guards of a plan refuse it, with what the network has."""
    plant(folder, "services.yaml", "    dns_name: monitoring\n", "    dns_name: monitoring\n    slot: 8000\n")
    assert load(folder).service("monitoring").workload is not None


def _monitoring() -> IPv4Address:
    city = load(EXAMPLE)
    return block_of(city, city.site_of(SiteRole.DATACENTRE), city.service("monitoring")).vip


def test_a_role_says_what_its_hosts_promise(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "promises.yml").write_text("runs: [nginx.service]\nlistens: [443/tcp, 443/udp]\n")
    assert roles.promises(["web"], tmp_path) == {
        "web": RolePromises(runs=("nginx.service",), listens=((443, "tcp"), (443, "udp")))
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("listens: [https/tcp]\n", "'https' is not a whole number"),
        ("listens: [443]\n", "'443' is no port"),
        ("listens: [443/sctp]\n", "'443/sctp' is no port"),
        ("run: [nginx]\n", "unknown key 'run'"),
    ],
)
def test_a_promise_that_cannot_be_meant_is_told_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "promises.yml").write_text(text)
    with pytest.raises(InvalidCity) as caught:
        roles.promises(["web"], tmp_path)
    assert [(one.line, problem in one.problem) for one in caught.value.defects] == [(1, True)]


def test_a_vault_that_does_not_run_at_both_sites_is_a_defect(folder: Path) -> None:
    line = plant(
        folder, "services.yaml", "    dns_name: monitoring\n", "    dns_name: monitoring\n    roles: [vault]\n"
    )
    ((at, problem, remedy),) = told(folder, "services.yaml")
    assert at < line and problem == "monitoring: a vault that is cold keeps no copies at the recovery site"
    assert remedy == "Let it be active or warm."


def test_who_shows_the_city_needs_somebody_who_watches_it_and_lets_it_in(folder: Path) -> None:
    line = plant(folder, "services.yaml", "    dns_name: data\n", "    dns_name: data\n    roles: [dashboard]\n")
    ((at, problem, remedy),) = told(folder, "services.yaml")
    assert at >= line and problem.startswith("open-data: workload: a dashboard shows what a service with the role mon")
    assert remedy == "Give one service the role monitoring."
    plant(folder, "services.yaml", "    dns_name: monitoring\n", "    dns_name: monitoring\n    roles: [monitoring]\n")
    ((_, problem, remedy),) = told(folder, "services.yaml")
    assert problem == "monitoring: workload: open-data shows what monitoring saw, and no flow lets it in"
    assert remedy == 'Add {source: "service:open-data", port: 9090}.'
    flow = '      - {source: "network:management", port: 9090}\n'
    plant(folder, "services.yaml", flow, flow + '      - {source: "service:open-data", port: 9090}\n')
    assert load(folder).service("open-data").workload is not None


def test_a_second_vault_and_one_without_a_volume_are_defects(folder: Path) -> None:
    plant(folder, "services.yaml", "    volume: 1 GB\n", "    volume: 0 GB\n")
    for name in ("www", "login"):
        plant(folder, "services.yaml", f"    dns_name: {name}\n", f"    dns_name: {name}\n    roles: [vault]\n")
    problems = {problem for _, problem, _ in told(folder, "services.yaml")}
    assert "portal: workload: a vault has no place for copies without a volume" in problems
    assert "identity: workload: portal is the city's vault already" in problems
