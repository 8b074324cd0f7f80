"""With Debian's own deb-systemd-helper on a root folder of the test's; apt, dpkg and update-rc.d are stood in for."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from city.errors import Failed
from lab import system
from lab.boot_services import kept_off
from lab.system import Need, ensure

UNIT = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\nAlias=thingd.service\n"
DPKG_QUERY = """\
#!/bin/sh
case "$1" in
--show) {status} ;;
--listfiles) printf '%s\\n' /. /lib/systemd/system/thing.service /etc/init.d/thing /usr/sbin/thing ;;
esac
"""
UPDATE_RC_D = """\
#!/bin/sh
echo "$*" >> "{root}/update-rc.d"
test "$2" = disable && mv "{root}/etc/rc2.d/S01$1" "{root}/etc/rc2.d/K01$1"
"""
Machine = Callable[..., Path]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A root folder, and programs that know of it; `status` is what dpkg-query does when asked about the package."""

    def make(status: str = "exit 1", update_rc_d: str = UPDATE_RC_D) -> Path:
        root = tmp_path / "root"
        for folder in ("lib/systemd/system", "etc/systemd/system", "etc/init.d", "etc/rc2.d"):
            (root / folder).mkdir(parents=True)
        programs = tmp_path / "bin"
        programs.mkdir()
        for name, text in (("dpkg-query", DPKG_QUERY.format(status=status)), ("update-rc.d", update_rc_d)):
            (programs / name).write_text(text.replace("{root}", str(root)), encoding="utf-8")
            (programs / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}:/usr/sbin")
        monkeypatch.setenv("DPKG_ROOT", str(root))
        monkeypatch.delenv("DPKG_MAINTSCRIPT_PACKAGE", raising=False)
        return root

    return make


def install(root: Path, name: str = "thing") -> None:
    """What the postinst of a Debian package with a service leaves."""
    wants = root / "etc/systemd/system/multi-user.target.wants"
    state = root / "var/lib/systemd/deb-systemd-helper-enabled"
    unit = f"/lib/systemd/system/{name}.service"
    (root / unit[1:]).write_text(UNIT.replace("thing", name), encoding="utf-8")
    for link in (wants / f"{name}.service", root / f"etc/systemd/system/{name}d.service"):
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(unit)
        recorded = state / link.relative_to(root / "etc/systemd/system")
        recorded.parent.mkdir(parents=True, exist_ok=True)
        recorded.touch()
        with (state / f"{name}.service.dsh-also").open("a", encoding="utf-8") as also:
            also.write(f"/{link.relative_to(root)}\n")
    (root / "etc/init.d" / name).touch()
    (root / "etc/rc2.d" / f"S01{name}").symlink_to(f"../init.d/{name}")


def links(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root / "etc")) for path in (root / "etc").rglob("*") if path.is_symlink())


OFF = ["rc2.d/K01thing"]
ON = ["rc2.d/S01thing", "systemd/system/multi-user.target.wants/thing.service", "systemd/system/thingd.service"]


@pytest.mark.parametrize(
    "status",
    [
        pytest.param("exit 1", id="never heard of"),
        pytest.param("echo not-installed", id="not installed"),
        pytest.param("echo config-files", id="removed and not purged"),
    ],
)
def test_a_package_that_is_new_starts_nothing_at_the_next_boot(machine: Machine, status: str) -> None:
    root = machine(status)
    said: list[str] = []
    with kept_off(["thing"], [], said.append, root):
        install(root)
        assert links(root) == ON
    assert links(root) == OFF
    assert said == ["services switched off for the next boot, as the lab starts its own: thing"]


def test_a_package_that_was_there_keeps_its_services(machine: Machine) -> None:
    root = machine("echo installed")
    install(root)
    with kept_off(["thing"], [], pytest.fail, root):
        pass
    assert links(root) == ON


def test_what_comes_along_with_a_package_stays_as_debian_wants_it(machine: Machine) -> None:
    root = machine()
    with kept_off(["thing"], [], pytest.fail, root):
        install(root, "housekeeping")
    assert (root / "etc/rc2.d/S01housekeeping").is_symlink()
    assert (root / "etc/systemd/system/multi-user.target.wants/housekeeping.service").is_symlink()


def test_a_unit_that_somebody_wrote_for_this_machine_is_not_the_packages(machine: Machine) -> None:
    root = machine()
    own = root / "etc/systemd/system/multi-user.target.wants/thing.service"
    own.parent.mkdir()
    own.symlink_to("/etc/systemd/system/thing.service")
    with kept_off(["thing"], [], pytest.fail, root):
        pass
    assert own.is_symlink()


def test_an_installation_that_fails_half_way_leaves_nothing_on(machine: Machine) -> None:
    root = machine()

    @kept_off(["thing"], [], print, root)
    def half_way() -> None:
        install(root)
        raise Failed("apt-get install", "another package is broken", "Mend it.")

    with pytest.raises(Failed, match="apt-get install"):
        half_way()
    assert links(root) == OFF


def test_what_stays_on_is_told_with_what_to_type(machine: Machine) -> None:
    root = machine(update_rc_d="#!/bin/sh\necho 'update-rc.d: error: no' >&2\nexit 1\n")
    with pytest.raises(Failed) as failed, kept_off(["thing"], [], pytest.fail, root):
        install(root)
    assert failed.value.thing == "service thing"
    assert failed.value.problem == "the next boot starts it: update-rc.d: error: no"
    assert failed.value.remedy == (
        "As root: env DPKG_MAINTSCRIPT_PACKAGE=thing deb-systemd-helper disable thing.service; "
        "update-rc.d thing disable; then try again."
    )
    assert links(root) == ["rc2.d/S01thing"]


def test_root_is_asked_for_through_what_is_given(machine: Machine, tmp_path: Path) -> None:
    root, sudo = machine(), tmp_path / "bin" / "sudo"
    sudo.write_text(f'#!/bin/sh\necho "$*" >> "{tmp_path}/asked"\nexec "$@"\n', encoding="utf-8")
    sudo.chmod(0o755)
    with kept_off(["thing"], ["sudo"], print, root):
        install(root)
    assert links(root) == OFF
    assert (tmp_path / "asked").read_text().splitlines() == [
        "env DPKG_MAINTSCRIPT_PACKAGE=thing deb-systemd-helper disable thing.service",
        "update-rc.d thing disable",
    ]


def test_whatever_the_lab_installs_is_held_to_it(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, prepared = machine(), tmp_path / "prepared"
    install(root)
    (root / "etc").rename(prepared)
    apt = tmp_path / "bin" / "apt-get"
    apt.write_text(f'#!/bin/sh\ncase "$*" in *install*) mv "{prepared}" "{root}/etc" ;; esac\n', encoding="utf-8")
    apt.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(system, "kept_off", partial(kept_off, root=root))
    said: list[str] = []
    ensure([Need(package="thing", why="shows that it works", shown_by=tmp_path / "shown")], said.append)
    assert links(root) == OFF
    assert said[1:] == ["services switched off for the next boot, as the lab starts its own: thing"]
