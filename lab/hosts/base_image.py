"""The base image: Debian with systemd, sshd and Python, as a file system (squashfs) from which a host starts.

`bootstrap` makes the tree, `seal` makes the image of it; what stands between them is for whoever makes an image with
more in it. The same tree gives the same bytes: names sorted, times fixed, nothing of this machine in it.
"""

import contextlib
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from city.errors import Failed
from lab.openstack.environment import alone, cache_home
from lab.system import Report

SUITE = "bookworm"
PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "openssh-server", "python3", "python3-yaml", "iproute2", "iputils-ping"),
    *("procps", "ca-certificates", "nftables", "kmod"),
)
EPOCH = "1735689600"
"""2025-01-01: the time of every file, which mmdebstrap and mksquashfs take from the environment."""
_MASKED = (
    *("console-getty.service", "systemd-logind.service", "systemd-networkd.service", "systemd-resolved.service"),
    *("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer"),
)
"""What a host of the lab has no use for; each would cost memory or processor time on every host."""
_SSHD = """# What a host of the cloud needs, and no passwords.
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
PrintMotd no
MaxStartups 200:30:400
MaxSessions 64
HostKey /etc/ssh/ssh_host_ed25519_key
"""
_JOURNAL = "[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n"
_UNWANTED = (
    *("var/lib/apt/lists/*", "var/cache/apt/*", "var/cache/debconf/*-old", "var/cache/ldconfig/*"),
    *("etc/ssh/ssh_host_*", "etc/resolv.conf", "etc/hostname", "tmp/*", "var/lib/dpkg/*-old", "run/*", "dev/*"),
    *("usr/share/doc/*", "usr/share/man/*", "usr/share/locale/*", "usr/share/info/*", "var/lib/systemd/random-seed"),
    *("etc/ssl/private/ssl-cert-snakeoil.key", "etc/ssl/certs/ssl-cert-snakeoil.pem", "var/lib/apt/extended_states"),
)


_BEFORE = """set -eu
mkdir -p "$2/var/cache/apt/archives" "$2/etc/postgresql-common"
echo 'create_main_cluster = false' >"$2/etc/postgresql-common/createcluster.conf"
find "$1" -name '*.deb' -exec cp -t "$2/var/cache/apt/archives" {} +
"""
"""With the packages that were got before; an image holds no data of a database."""
_AFTER = """set -eu
find "$2/var/cache/apt/archives" -maxdepth 1 -name '*.deb' -exec cp -n -t "$1" {} +
"""


def _hook(script: str, got: Path) -> str:
    """As mmdebstrap takes one: a line for a shell, in which `$1` is the tree."""
    return f'exec sh -c {shlex.quote(script)} sh {shlex.quote(str(got))} "$1"'


def bootstrap(tree: Path, packages: tuple[str, ...] = PACKAGES) -> None:
    """Debian in the empty folder `tree`, from the archive that this machine's apt uses. Raises Failed."""
    got = cache_home() / "hosts" / "packages"
    got.mkdir(mode=0o755, parents=True, exist_ok=True)
    command = [
        *("/usr/bin/mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(packages)}"),
        *("--mode=root", "--format=directory", '--aptopt=Acquire::Check-Valid-Until "false"'),
        *("--skip=download/empty", "--skip=essential/unlink"),
        f"--setup-hook={_hook(_BEFORE, got)}",
        f"--customize-hook={_hook(_AFTER, got)}",
        *(SUITE, str(tree), "http://deb.debian.org/debian"),
    ]
    _run(command, "Look whether this machine's apt reaches its archive.")


def furnish(tree: Path) -> None:
    """What makes Debian a host of this lab: sshd without passwords, a small journal, no needless services."""
    (tree / "etc/ssh/sshd_config").write_text(_SSHD, encoding="ascii")
    journal = tree / "etc/systemd/journald.conf.d"
    journal.mkdir(exist_ok=True)
    (journal / "small.conf").write_text(_JOURNAL, encoding="ascii")
    for unit in _MASKED:
        link = tree / "etc/systemd/system" / unit
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")
    (tree / "etc/machine-id").write_text("", encoding="ascii")


def seal(tree: Path, image: Path) -> None:
    """The image of the tree, without what Debian keeps for its own use; `image` appears whole. Raises Failed."""
    for pattern in _UNWANTED:
        for path in tree.glob(pattern):
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for log in (path for path in (tree / "var/log").rglob("*") if not path.is_dir()):
        log.unlink()
    partial = image.with_name(image.name + ".new")
    partial.unlink(missing_ok=True)
    image.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [
        *("/usr/bin/mksquashfs", str(tree), str(partial), "-noappend", "-quiet", "-no-progress", "-comp", "zstd"),
        *(
            "-Xcompression-level",
            "8",
            "-b",
            "131072",
        ),  # a tenth larger than by the default, made in a fraction of its time
    ]
    _run(command, "Look whether the disk is full.")
    partial.replace(image)


def provide(report: Report, packages: tuple[str, ...] = PACKAGES) -> Path:
    """Debian's image with these packages in the cache, built if need be, as root. Raises Failed."""
    recipe = hashlib.sha256(Path(__file__).read_bytes() + " ".join(packages).encode()).hexdigest()[:16]
    image = cache_home() / "hosts" / f"base-{recipe}.squashfs"
    with alone(image.with_suffix(".lock")):
        if not image.exists():
            report(f"hosts: building Debian with {len(packages)} packages from its archive (once; a minute or two)")
            begun = time.monotonic()
            build(image, packages)
            report(
                f"hosts: base image built ({time.monotonic() - begun:.0f} s, {image.stat().st_size / 2**20:.0f} MiB)"
            )
    return image


def build(image: Path, packages: tuple[str, ...] = PACKAGES) -> None:
    """The base image, from nothing."""
    image.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=image.parent) as scratch:
        tree = Path(scratch) / "tree"
        tree.mkdir(mode=0o755)
        bootstrap(tree, packages)
        furnish(tree)
        seal(tree, image)


def unpack(image: Path, tree: Path) -> None:
    """The tree of an image, in a folder that is made. Raises Failed."""
    _run(
        ["/usr/bin/unsquashfs", "-quiet", "-no-progress", "-dest", str(tree), str(image)],
        "Look whether the disk is full.",
    )


def _run(command: list[str], remedy: str) -> None:
    done = subprocess.run(  # noqa: S603 - a list of constants and own paths
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.defpath + ":/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": EPOCH},
    )
    if done.returncode:
        raise Failed(Path(command[0]).name, done.stderr.strip()[-1000:], remedy)
