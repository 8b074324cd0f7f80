"""Runs inside a guest, at its first boot: does what the config drive says, as cloud-init would. Guest's Python only.

`take` comes before sshd: a host key, whose public part the console shows for operators to pin; the key pairs of the
cloud, for root; the files of the user's data. `run` comes after it: the commands. Of cloud-config it knows
ssh_authorized_keys, write_files (path, content, encoding b64, permissions, owner, append) and runcmd; a text that
begins with `#!` is run as it is. Whatever else stands there is named on the console and not done. `vendor` comes at
each boot, before any service.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path("/")
"""Tests put another one here."""
_KNOWN = frozenset({"ssh_authorized_keys", "write_files", "runcmd"})
_FILE_FIELDS = frozenset({"path", "content", "encoding", "permissions", "owner", "append"})
_PLAIN, _BASE64 = {"", "text/plain"}, {"b64", "base64"}


CloudConfig = dict[str, Any]
"""What of the user's data is understood."""


def drive_file(name: str) -> str | None:
    file = ROOT / "run/config-drive/openstack/latest" / name
    return file.read_text(encoding="utf-8") if file.exists() else None


def show(line: str) -> None:
    """On the console, whose log the cloud shows."""
    with (ROOT / "dev/console").open("a", encoding="utf-8") as console:
        console.write(f"{line}\n")


def say(sentence: str) -> None:
    show(f"first boot: {sentence}")


def understood(user_data: str | None) -> tuple[CloudConfig, list[str]]:
    """The part of a cloud-config that can be done, and a sentence for each that cannot. A script is none."""
    if user_data is None or not user_data.strip() or user_data.startswith("#!"):
        return {}, []
    if not user_data.startswith("#cloud-config"):
        begin = user_data[:40].splitlines()[0]
        return {}, [f"refused: user data that begin with {begin!r}; give #cloud-config or a script (#!)"]
    import yaml  # noqa: PLC0415 - an image without it starts as well, as long as nobody gives it a cloud-config

    try:
        told = yaml.safe_load(user_data) or {}
    except yaml.YAMLError as error:
        return {}, [f"refused: the cloud-config is not YAML ({str(error).splitlines()[0]})"]
    if not isinstance(told, dict):
        return {}, ["refused: the cloud-config is no mapping"]
    knows = f"of cloud-config this host knows {', '.join(sorted(_KNOWN))}"
    refused = [f"refused: {name}; {knows}" for name in sorted(map(str, told.keys() - _KNOWN))]
    return {name: value or [] for name, value in told.items() if name in _KNOWN}, refused


def authorise(keys: list[str]) -> None:
    """Let these keys in as root."""
    folder = ROOT / "root/.ssh"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / "authorized_keys"
    file.write_text("".join(f"{key}\n" for key in dict.fromkeys(key.strip() for key in keys)), encoding="utf-8")
    file.chmod(0o600)


def make_host_key() -> None:
    file = ROOT / "etc/ssh/ssh_host_ed25519_key"
    if not file.parent.is_dir():
        return
    if not file.exists():
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)]
        subprocess.run(command, check=True)  # noqa: S603 - constant
    show("-----BEGIN SSH HOST KEY KEYS-----")  # as cloud-init does, so that the same tools find it
    show(file.with_suffix(".pub").read_text(encoding="ascii").strip())
    show("-----END SSH HOST KEY KEYS-----")


def _private(path: str, flags: int) -> int:
    """A file that is new is root's alone until it has its owner and mode."""
    return os.open(path, flags, 0o600)


def write_file(entry: dict[str, Any]) -> None:
    """One entry of write_files. Raises ValueError where it asks for what is not known."""
    unknown = sorted(map(str, entry.keys() - _FILE_FIELDS))
    encoding = str(entry.get("encoding", ""))
    if unknown or encoding not in _PLAIN | _BASE64:
        raise ValueError(f"write_files of {entry.get('path')} asks for {', '.join(unknown) or encoding}")
    content = str(entry.get("content", ""))
    file = ROOT / str(entry["path"]).lstrip("/")
    file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with open(file, "ab" if entry.get("append") else "wb", opener=_private) as out:
        out.write(base64.b64decode(content) if encoding in _BASE64 else content.encode())
    if owner := str(entry.get("owner", "")):
        user, _, group = owner.partition(":")
        shutil.chown(file, user, group or None)
    file.chmod(int(str(entry.get("permissions", "0644")), 8))


def attempt(thing: str, action: Callable[[], None]) -> None:
    """What fails is told, and the rest is done: as cloud-init does."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - named on the console, which is all that anybody can see of this host yet
        say(f"failed: {thing}: {error}")


def take_vendor_data() -> None:
    """The files that the provider gives this host, at each boot: its certificate. As cloud-init reads vendor data."""
    config, refused = understood(json.loads(drive_file("vendor_data.json") or "{}").get("cloud-init"))
    for sentence in [*refused, *(f"refused: {name} of vendor data" for name in config.keys() - {"write_files"})]:
        say(sentence)
    for entry in config.get("write_files", []):
        attempt("vendor data", partial(write_file, entry))


def take() -> None:
    metadata = json.loads(drive_file("meta_data.json") or "{}")
    config, refused = understood(drive_file("user_data"))
    for sentence in refused:
        say(sentence)
    own = ROOT / "opt/first-boot/authorized_keys"
    keys = [*metadata.get("public_keys", {}).values(), *map(str, config.get("ssh_authorized_keys", []))]
    authorise([*keys, *(own.read_text(encoding="utf-8").splitlines() if own.exists() else [])])
    attempt("host key", make_host_key)
    for entry in config.get("write_files", []):
        attempt("write_files", partial(write_file, entry))


def commands(user_data: str | None, script: Path) -> list[list[str]]:
    """What is to be run: each command of runcmd, a line by the shell or a list as it is; or the script."""
    if user_data is not None and user_data.startswith("#!"):
        script.write_text(user_data, encoding="utf-8")
        script.chmod(0o700)
        return [[str(script)]]
    told = understood(user_data)[0].get("runcmd", [])
    return [list(map(str, one)) if isinstance(one, list) else ["/bin/sh", "-c", str(one)] for one in told]


def addresses() -> bool:
    """Whether this host has an address that others may reach."""
    argv = ["ip", "-oneline", "addr", "show", "up", "scope", "global"]
    return bool(subprocess.run(argv, check=False, capture_output=True).stdout.strip())  # noqa: S603 - constant


def await_network(patience_s: float = 30.0) -> None:
    """Commands may need it: the cloud plugs the cables in while the host starts. A host without ports has none."""
    wanted = json.loads(drive_file("network_data.json") or "{}").get("links")
    deadline = time.monotonic() + patience_s
    while wanted and not addresses():
        if time.monotonic() > deadline:
            say(f"no address after {patience_s:.0f} s; the commands are run without")
            return
        time.sleep(0.1)


def run(state: Path) -> None:
    wanted = commands(drive_file("user_data"), state / "script")
    if wanted:
        await_network()
    for command in wanted:
        done = subprocess.run(command, check=False, cwd=ROOT)  # noqa: S603 - what the owner of this host asks for
        if done.returncode:
            say(f"failed: {command[-1][:80]!r} ended with {done.returncode}")
    say("done")


def main() -> None:
    stage = sys.argv[1]
    state = ROOT / "var/lib/first-boot"
    state.mkdir(mode=0o755, parents=True, exist_ok=True)
    if stage == "vendor":
        take_vendor_data()
    elif stage == "take":
        take()
        (state / "taken").touch()
    else:
        (state / "ran").touch()
        run(state)


if __name__ == "__main__":
    main()
