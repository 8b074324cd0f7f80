"""What a host makes of its metadata at each boot, in a folder instead of a host."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).parents[2] / "playbooks/roles/host/files/service_roles.py"
META = {
    "service": "portal",
    "site": "datacentre",
    "port": "443",
    "fqdn": "www.example.test.",
    "database": "portal",
    "database_hosts": "10.1.1.9,10.2.1.9",
    "backup_every": "900",
    "city": "example",
    "stack": "lab-workloads-datacentre",
    "owner": "Example $ICT`",
}


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("service_roles", PROGRAM)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for folder in ("run/config-drive/openstack/latest", "dev", "etc/systemd/system", "usr/share/service"):
        (tmp_path / folder).mkdir(parents=True)
    for role in ("application", "web"):
        (tmp_path / f"etc/systemd/system/role-{role}.target").touch()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def given(host: ModuleType, **meta: str) -> None:
    (host.ROOT / host.METADATA).write_text(json.dumps({"name": "portal-2", "meta": meta}))
    (host.ROOT / host.NETWORK).write_text(json.dumps({"networks": [{"type": "ipv4"}, {"ip_address": "10.1.1.3"}]}))


def console(host: ModuleType) -> str:
    file: Path = host.ROOT / "dev/console"
    return file.read_text() if file.exists() else ""


def test_a_host_knows_what_its_cloud_says_of_it(host: ModuleType) -> None:
    given(host, **META, roles="application,web")
    assert host.prepare() == ["role-application.target", "role-web.target"]
    assert (host.ROOT / "run/service.env").read_text() == (
        'ADDRESS="10.1.1.3"\nBACKUP_EVERY="900"\nBACKUP_KEEP=""\nCITY="example"\nDATABASE="portal"\nDATABASE_HOSTS="10.1.1.9,10.2.1.9"\nFQDN="www.example.test"\nPORT="443"\n'
        'ROLES="application,web"\nSERVER="portal-2"\nSERVICE="portal"\nSITE="datacentre"\nSITE_ROLE=""\n'
        'STACK="lab-workloads-datacentre"\nVAULT_HERE=""\nVAULT_KEEP=""\nVAULT_THERE=""\nZONE="example.test"\n'
    )


def test_a_host_without_roles_is_one_of_an_application(host: ModuleType) -> None:
    given(host, **META)
    assert host.prepare() == ["role-application.target"]


@pytest.mark.parametrize("meta", [{}, {"roles": "web"}])
def test_a_host_without_a_service_starts_nothing(host: ModuleType, meta: dict[str, str]) -> None:
    given(host, **meta)
    assert host.prepare() == []


def test_a_role_that_the_image_has_not_is_named_and_the_others_start(host: ModuleType) -> None:
    given(host, **META, roles="forge,web")
    assert host.prepare() == ["role-web.target"]
    assert "this image has no role forge" in console(host)


@pytest.mark.parametrize(
    ("name", "value"),
    [("fqdn", 'a"b'), ("site", "a\nPATH=/tmp"), ("database", "$(x)"), ("roles", "../../x"), ("roles", "web;reboot")],
)
def test_metadata_that_no_line_can_hold_start_nothing(host: ModuleType, name: str, value: str) -> None:
    given(host, **{**META, name: value})
    assert host.prepare() == []
    assert "refused: " in console(host) and not (host.ROOT / "run/service.env").exists()


def test_a_roles_files_are_written_with_the_hosts_values(host: ModuleType) -> None:
    source = host.ROOT / "usr/share/service/web/sites"
    source.mkdir(parents=True)
    (source / "service.conf").write_text("listen @PORT@; server_name @FQDN@; try $uri me@here;\n")
    given(host, **META, roles="web")
    host.prepare()
    written = host.ROOT / "run/service/web/sites/service.conf"
    assert written.read_text() == "listen 443; server_name www.example.test; try $uri me@here;\n"
