import configparser
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from city.secrets import Secret
from lab.openstack import clouds, config, processes
from lab.openstack.spec import RegionSpec
from lab.params import Api

ENVIRONMENT = Path("/cache/openstack")
PASSWORD = "not-in-any-log"  # noqa: S105 - of no lab


@pytest.fixture
def parsed(spec: RegionSpec) -> dict[str, configparser.ConfigParser]:
    texts = config.files(spec, ENVIRONMENT, "olga", Secret(PASSWORD))
    found = {}
    for name, text in texts.items():
        found[name] = configparser.ConfigParser(interpolation=None, default_section="-", strict=True)
        found[name].read_string(text)
    return found


SERVICES = (
    "keystone.conf",
    "glance-api.conf",
    "placement.conf",
    "nova.conf",
    "neutron.conf",
    "cinder.conf",
    "designate/designate.conf",
    "octavia.conf",
)


@pytest.mark.parametrize("name", SERVICES)
def test_logs_are_bounded_and_every_url_is_ours(name: str, parsed: dict[str, configparser.ConfigParser]) -> None:
    file = parsed[name]
    assert file["DEFAULT"]["log_rotation_type"] == "size"
    assert file["DEFAULT"]["log_file"].startswith("/srv/lab/log/RegionTwo/")
    urls = [value for section in file.values() for value in section.values() if "http:" in value]
    assert all(url.startswith("http://127.0.0.1:150") for url in urls)
    assert not any(section.get("connection", "").count(PASSWORD) for section in file.values())


@pytest.mark.parametrize(
    ("name", "section", "option", "value"),
    [
        pytest.param("nova.conf", "DEFAULT", "transport_url", "fake:///", id="no broker"),
        pytest.param("cinder.conf", "DEFAULT", "osapi_volume_listen", "127.0.0.1", id="cinder on loopback"),
        pytest.param("cinder.conf", "DEFAULT", "enabled_backends", "az1,az2", id="volumes in both zones"),
        pytest.param("cinder.conf", "az2", "backend_availability_zone", "az2", id="a volume's zone is its back end's"),
        pytest.param("nova.conf", "keystone_authtoken", "auth_url", "http://127.0.0.1:15020/v3", id="own keystone"),
        pytest.param("nova.conf", "keystone_authtoken", "password", PASSWORD, id="the service's password"),
        pytest.param("designate/designate.conf", "service:api", "listen", "127.0.0.1:15027", id="designate's port"),
        pytest.param("nova.conf", "DEFAULT", "executor_thread_pool_size", "16", id="few threads for each service"),
        pytest.param("nova.conf", "vnc", "enabled", "false", id="no console server"),
    ],
)
def test_options(
    name: str, section: str, option: str, value: str, parsed: dict[str, configparser.ConfigParser]
) -> None:
    assert parsed[name][section][option] == value


@pytest.mark.parametrize(("database", "driver"), [("nova", "mysqldb"), ("cinder", "pymysql")])
def test_databases_know_their_user_by_the_socket(spec: RegionSpec, database: str, driver: str) -> None:
    url = config.database_url(spec, "olga", database)
    assert (
        url
        == f"mysql+{driver}://olga@localhost/{database}?unix_socket=/srv/lab/regions/RegionTwo/db.sock&charset=utf8mb4"
    )


def test_every_service_has_a_process_on_its_own_port(spec: RegionSpec) -> None:
    daemons = {name: processes.service(spec, ENVIRONMENT, name) for name in processes.NAMES}
    for name, one in daemons.items():
        told = [*one.argv, *(str(spec.etc / "cinder.conf") for _ in range(name == "cinder"))]
        assert any(part == str(spec.port(processes.NAMES[name])) or part.endswith("cinder.conf") for part in told)
        assert not any(PASSWORD in part for part in one.argv)
    assert len({one.pid_file for one in daemons.values()}) == len(Api)


def test_services_see_nothing_of_the_callers_environment(spec: RegionSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid")
    monkeypatch.setenv("OS_PASSWORD", PASSWORD)
    seen = processes.variables(spec, ENVIRONMENT)
    assert PASSWORD not in seen.values() and "HTTP_PROXY" not in seen


def test_services_can_import_our_drivers_only(
    tmp_path: Path, spec: RegionSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RegionSpec, "python_path", tmp_path)
    for _ in range(2):
        processes.lend_drivers(spec)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["asty_lab-1.dist-info", "lab"]
    assert (tmp_path / "lab" / "openstack" / "drivers" / "nova_driver.py").exists()


def test_clouds_yaml_names_each_site(spec: RegionSpec) -> None:
    cloud = yaml.safe_load(clouds.clouds_yaml([(spec, Secret(PASSWORD))]))["clouds"]["recovery"]
    assert (cloud["region_name"], cloud["interface"]) == ("RegionTwo", "public")
    assert cloud["auth"]["auth_url"] == "http://127.0.0.1:15020/v3"
    assert cloud["auth"]["password"] == PASSWORD


def test_nothing_runs_behind_a_server_unless_the_lab_has_hosts(spec: RegionSpec) -> None:
    bare = config.files(spec, ENVIRONMENT, "olga", Secret(PASSWORD))
    assert "compute_driver = lab.LabDriver\n" in bare["nova.conf"]
    assert "cinder_driver.LabVolumeDriver\n" in bare["cinder.conf"]
    whole = replace(spec, params=replace(spec.params, hosts=True))
    living = config.files(whole, ENVIRONMENT, "olga", Secret(PASSWORD))
    assert "compute_driver = lab_hosts.HostsDriver\n" in living["nova.conf"]
    assert "resume_guests_state_on_host_boot = true\n" in living["nova.conf"]
    assert "[lab]\nhosts = /srv/lab/hosts/socket\nregion = RegionTwo\n" in living["nova.conf"]
    assert "cinder_disks_driver.DiskVolumeDriver\n" in living["cinder.conf"]
    assert "lab_volumes = /srv/lab/regions/RegionTwo/volumes\n" in living["cinder.conf"]
