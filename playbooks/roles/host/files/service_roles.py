"""Runs at each boot of a host: what the cloud's metadata say of it becomes /run/service.env, and its roles start.

Each of a host's roles is a target of systemd, `role-NAME.target`. Before it starts, each file below
/usr/share/service/NAME in which @VARIABLES@ stand is written to the same place below /run/service/NAME, with the values
of service.env. A role that the image does not have is named on the console, and the others start.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path("/")
"""Tests put another one here."""
METADATA = "run/config-drive/openstack/latest/meta_data.json"
NETWORK = "run/config-drive/openstack/latest/network_data.json"
_KEPT = (
    "service",
    "site",
    "port",
    "fqdn",
    "database",
    "database_hosts",
    "backup_every",
    "backup_keep",
    "site_role",
    "vault_here",
    "vault_there",
    "vault_keep",
    "city",
    "stack",
)
_PLAIN = re.compile(r"[A-Za-z0-9.,:_@/ -]*")
_ROLE = re.compile(r"[a-z][a-z0-9-]*")
_VARIABLE = re.compile(r"@([A-Z_]+)@")
DEFAULT = "application"


def environment(metadata: Mapping[str, Any], network: Mapping[str, Any]) -> dict[str, str]:
    """Of service.env. Raises ValueError for a value that a line of it cannot hold."""
    meta = metadata.get("meta") or {}
    found = {name.upper(): str(meta.get(name, "")).rstrip(".") for name in _KEPT}
    found["SERVER"] = str(metadata.get("name") or metadata.get("hostname") or "")
    found["ADDRESS"] = next((str(one["ip_address"]) for one in network.get("networks", ()) if "ip_address" in one), "")
    found["ROLES"] = ",".join(roles(str(meta.get("roles") or DEFAULT)))
    found["ZONE"] = found["FQDN"].partition(".")[2]
    for name, value in found.items():
        if not _PLAIN.fullmatch(value):
            raise ValueError(f"{name.lower()} of its metadata is {value[:60]!r}, which has other signs than are good")
    return found


def roles(text: str) -> list[str]:
    """Raises ValueError for what is no name of a role."""
    found = [name.strip() for name in text.split(",") if name.strip()]
    for name in found:
        if not _ROLE.fullmatch(name):
            raise ValueError(f"{name[:60]!r} is no role")
    return found


def written(text: str, values: Mapping[str, str]) -> str:
    """Raises KeyError for a variable that nobody knows."""
    return _VARIABLE.sub(lambda found: values[found[1]], text)


def write(role: str, values: Mapping[str, str]) -> None:
    """The files of a role."""
    source = ROOT / "usr/share/service" / role
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        place = ROOT / "run/service" / role / file.relative_to(source)
        place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        place.write_text(written(file.read_text(encoding="utf-8"), values), encoding="utf-8")


def told(name: str) -> Any:  # noqa: ANN401 - JSON is any JSON
    """What the cloud wrote there; nothing where it wrote none."""
    file = ROOT / name
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def known(role: str) -> bool:
    return (ROOT / "etc/systemd/system" / f"role-{role}.target").exists()


def say(sentence: str) -> None:
    """On the console, whose log the cloud shows."""
    with (ROOT / "dev/console").open("a", encoding="utf-8") as console:
        console.write(f"service roles: {sentence}\n")


def prepare() -> list[str]:
    """The targets to start."""
    try:
        values = environment(told(METADATA), told(NETWORK))
    except ValueError as error:
        say(f"refused: {error}")
        return []
    lines = "".join(f'{name}="{value}"\n' for name, value in sorted(values.items()))
    (ROOT / "run/service.env").write_text(lines, encoding="utf-8")
    wanted = values["ROLES"].split(",") if values["SERVICE"] else []
    for role in wanted:
        if known(role):
            write(role, values)
        else:
            say(f"refused: this image has no role {role}")
    return [f"role-{role}.target" for role in wanted if known(role)]


def main() -> None:
    if targets := prepare():
        subprocess.run(["/usr/bin/systemctl", "start", "--no-block", *targets], check=True)  # noqa: S603 - names of known roles


if __name__ == "__main__":
    main()
