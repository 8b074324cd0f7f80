"""What a guest does at its first boot, in a folder instead of a guest: from Nova's config drive to its files."""

import json
from pathlib import Path

import pytest

from lab.hosts.inside import first_boot

DRIVE = "run/config-drive/openstack/latest"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in (DRIVE, "dev", "etc/ssh", "var/lib/first-boot"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(first_boot, "ROOT", tmp_path)
    return tmp_path


def given(root: Path, user_data: str | None = None, **metadata: object) -> None:
    (root / DRIVE / "meta_data.json").write_text(json.dumps(metadata))
    if user_data is not None:
        (root / DRIVE / "user_data").write_text(user_data)


def console(root: Path) -> str:
    return (root / "dev/console").read_text()


def test_the_clouds_key_pair_and_the_users_keys_let_root_in(root: Path) -> None:
    given(root, "#cloud-config\nssh_authorized_keys: [two, one]\n", public_keys={"ops": "one\n"})
    first_boot.take()
    file = root / "root/.ssh/authorized_keys"
    assert file.read_text() == "one\ntwo\n"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_who_made_the_lab_is_let_in_too(root: Path) -> None:
    given(root, public_keys={"ops": "one\n"})
    (root / "opt/first-boot").mkdir(parents=True)
    (root / "opt/first-boot/authorized_keys").write_text("ours\n")
    first_boot.take()
    assert (root / "root/.ssh/authorized_keys").read_text() == "one\nours\n"


def test_the_console_shows_the_host_key_that_operators_pin(root: Path) -> None:
    given(root)
    first_boot.take()
    public = (root / "etc/ssh/ssh_host_ed25519_key.pub").read_text().strip()
    shown = f"-----BEGIN SSH HOST KEY KEYS-----\n{public}\n-----END SSH HOST KEY KEYS-----\n"
    assert public.startswith("ssh-ed25519 ") and console(root) == shown


def test_an_image_without_sshd_has_no_host_key(root: Path) -> None:
    (root / "etc/ssh").rmdir()
    given(root)
    first_boot.take()
    assert not (root / "dev/console").exists()


def test_files_are_written_as_told(root: Path) -> None:
    given(
        root,
        """#cloud-config
write_files:
- {path: /etc/motd, content: "Καλημέρα\\n"}
- {path: /etc/motd, content: again, append: true}
- {path: /opt/a/b, content: aGk=, encoding: b64, permissions: '0755'}
""",
    )
    first_boot.take()
    assert (root / "etc/motd").read_text() == "Καλημέρα\nagain"
    made = root / "opt/a/b"
    assert made.read_text() == "hi" and made.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("user_data", "told"),
    [
        pytest.param("#cloud-config\npackages: [vim]\n", "refused: packages;", id="a module that it does not know"),
        pytest.param("#cloud-config\n{", "refused: the cloud-config is not YAML", id="no YAML"),
        pytest.param("#cloud-config\n- a\n", "refused: the cloud-config is no mapping", id="a list"),
        pytest.param("#include\nhttp://a\n", "refused: user data that begin with '#include'", id="another format"),
        pytest.param(
            "#cloud-config\nwrite_files: [{path: /x, encoding: gzip}]\n",
            "failed: write_files: write_files of /x asks for gzip",
            id="an encoding that it does not know",
        ),
        pytest.param(
            "#cloud-config\nwrite_files: [{path: /x, defer: true}]\n",
            "asks for defer",
            id="a field that it does not know",
        ),
    ],
)
def test_what_is_not_done_is_named_on_the_console_and_the_rest_is_done(root: Path, user_data: str, told: str) -> None:
    given(root, user_data, public_keys={"ops": "one"})
    first_boot.take()
    assert told in console(root)
    assert (root / "root/.ssh/authorized_keys").read_text() == "one\n"
    assert not (root / "x").exists()


def test_a_known_part_is_done_beside_a_refused_one(root: Path) -> None:
    given(root, "#cloud-config\npackages: [vim]\nwrite_files: [{path: /x, content: y}]\n")
    first_boot.take()
    assert (root / "x").read_text() == "y"


def test_commands_run_in_order_as_a_line_or_as_a_list(root: Path) -> None:
    given(root, "#cloud-config\nruncmd:\n- echo one >>log\n- [sh, -c, 'echo $0 >>log', two words]\n- 'false'\n")
    first_boot.run(root / "var/lib/first-boot")
    assert (root / "log").read_text() == "one\ntwo words\n"
    assert console(root) == "first boot: failed: 'false' ended with 1\nfirst boot: done\n"


def test_a_script_is_run_as_it_is(root: Path) -> None:
    given(root, "#!/bin/sh\necho script >>log\n")
    first_boot.take()
    first_boot.run(root / "var/lib/first-boot")
    assert (root / "log").read_text() == "script\n"


def test_without_user_data_nothing_is_run(root: Path) -> None:
    given(root)
    first_boot.run(root / "var/lib/first-boot")
    assert console(root) == "first boot: done\n"


def test_commands_wait_for_the_address_of_a_host_that_has_ports(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / DRIVE / "network_data.json").write_text('{"links": [{"id": "tap1"}]}')
    seen = iter((False, False, True))
    monkeypatch.setattr(first_boot, "addresses", lambda: next(seen))
    first_boot.await_network()
    assert list(seen) == []


def test_a_network_that_never_comes_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / DRIVE / "network_data.json").write_text('{"links": [{"id": "tap1"}]}')
    monkeypatch.setattr(first_boot, "addresses", lambda: False)
    first_boot.await_network(patience_s=0)
    assert "no address after 0 s" in console(root)


def test_a_host_without_ports_waits_for_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / DRIVE / "network_data.json").write_text('{"links": []}')
    monkeypatch.setattr(first_boot, "addresses", lambda: False)
    first_boot.await_network()
    assert not (root / "dev/console").exists()


def test_the_providers_files_come_at_each_boot_and_a_secret_one_was_never_anybodys(root: Path) -> None:
    vendor = {"write_files": [{"path": "/etc/ssl/service/key.pem", "content": "new", "permissions": "0640"}]}
    (root / DRIVE / "vendor_data.json").write_text(json.dumps({"cloud-init": "#cloud-config\n" + json.dumps(vendor)}))
    for _ in range(2):
        first_boot.take_vendor_data()
    key = root / "etc/ssl/service/key.pem"
    assert key.read_text() == "new" and key.stat().st_mode & 0o777 == 0o640
    assert not (root / "dev/console").exists()


def test_a_file_for_an_owner_that_is_not_there_stays_roots_alone(root: Path) -> None:
    told = {"write_files": [{"path": "/key", "content": "x", "permissions": "0640", "owner": "root:no-such-group"}]}
    (root / DRIVE / "vendor_data.json").write_text(json.dumps({"cloud-init": "#cloud-config\n" + json.dumps(told)}))
    first_boot.take_vendor_data()
    assert (root / "key").stat().st_mode & 0o777 == 0o600
    assert "failed: vendor data" in console(root)


@pytest.mark.parametrize("vendor", ["{}", None])
def test_a_provider_that_gives_nothing_changes_nothing(root: Path, vendor: str | None) -> None:
    if vendor is not None:
        (root / DRIVE / "vendor_data.json").write_text(vendor)
    first_boot.take_vendor_data()
    assert not (root / "dev/console").exists() and not (root / "etc/ssl").exists()


def test_what_else_a_provider_asks_for_is_named_and_not_done(root: Path) -> None:
    (root / DRIVE / "vendor_data.json").write_text('{"cloud-init": "#cloud-config\\nruncmd: [touch /x]\\n"}')
    first_boot.take_vendor_data()
    assert console(root) == "first boot: refused: runcmd of vendor data\n"
