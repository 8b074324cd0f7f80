"""Each role says what it takes and what its hosts promise, and both agree with what it does."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.hosts import roles

ROOT = Path(__file__).parents[2] / "playbooks"
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())


def read(role: str, file: str) -> Any:  # noqa: ANN401 - YAML is any YAML
    return yaml.safe_load((ROOT / "roles" / role / file).read_text(encoding="utf-8"))


def tasks(role: str, module: str) -> list[dict[str, Any]]:
    return [task[module] for task in read(role, "tasks/main.yml") if module in task]


def test_every_folder_is_a_role() -> None:
    assert roles.known() == set(ROLES) >= {"host", "application", "web", "database", "dns", "mail", "broker", "radius"}


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_takes_begins_with_its_name_and_has_one_default(role: str) -> None:
    options = read(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert all(name.startswith(f"{role}_") for name in options)
    optional = {name: option["default"] for name, option in options.items() if not option.get("required")}
    assert optional == read(role, "defaults/main.yml")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_promises_the_packages_that_it_installs(role: str) -> None:
    assert roles.promises([role])[role].packages == tuple(tasks(role, "ansible.builtin.apt")[0]["name"])


@pytest.mark.parametrize("role", sorted({*ROLES} - {"host"}))
def test_what_a_role_promises_to_run_is_what_its_target_starts(role: str) -> None:
    target = (ROOT / "roles" / role / "files" / f"role-{role}.target").read_text(encoding="utf-8")
    (wanted,) = (line.removeprefix("Wants=").split() for line in target.splitlines() if line.startswith("Wants="))
    assert set(wanted) == {*roles.promises([role])[role].runs}
    assert f"/etc/systemd/system/role-{role}.target" in {one["dest"] for one in tasks(role, "ansible.builtin.copy")}


def test_a_host_starts_nothing_by_itself_but_what_every_host_is() -> None:
    started = [task for role in ROLES for task in tasks(role, "ansible.builtin.systemd_service") if task["enabled"]]
    assert [task["name"] for task in started] == ["service-roles.service"]


@pytest.mark.parametrize("role", ROLES)
def test_no_role_holds_a_secret_or_a_file_that_others_may_write(role: str) -> None:
    for module in ("template", "copy", "file"):
        for task in tasks(role, f"ansible.builtin.{module}"):
            assert task.get("state") == "absent" or int(task["mode"], 8) & 0o022 == 0
    files = [path for path in (ROOT / "roles" / role).rglob("*") if path.is_file()]
    assert not [path for path in files if b"PRIVATE KEY" in path.read_bytes()]
