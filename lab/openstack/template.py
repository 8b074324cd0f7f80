"""An initialised region, kept in the cache, from which every region of every lab is made.

Creating ten databases and running each project's migrations takes a minute or two; unpacking what
came out of it takes a second. A template is taken before any service but Keystone was ever started,
and holds nothing of a lab: `rewrite` puts names, ports, ids and passwords in.
"""

import contextlib
import hashlib
import secrets
import shutil
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import bcrypt

from city.errors import Failed
from city.secrets import Secret, SecretRef, resolve
from lab.openstack import archive, config, database, folders, keystone, processes, region, rewrite
from lab.openstack.environment import MARIADBD, alone, cache_home, digest
from lab.openstack.spec import RegionSpec, keep
from lab.system import Report

_SOURCES = ("catalogue.py", "config.py", "database.py", "keystone.py", "template.py")
"""What decides what is in a template."""
_ROUNDS = 4
"""Of bcrypt (2**4): the password is random and long, and each login of a Pulumi run would pay for more."""
_FORGOTTEN_AFTER_S = 30 * 24 * 3600
USERS = (keystone.ADMIN, config.SERVICE_USER)
PROJECTS = (keystone.ADMIN, "service")


def ensure(spec: RegionSpec, environment: Path, report: Report) -> Path:
    """The template, made in the lab's folder on its ports if the cache has none."""
    user = processes.user()
    file = cache_home() / "openstack" / f"region-{_digest(user)}.tar.zst"
    making = replace(spec, name=rewrite.TEMPLATE_REGION, cloud=rewrite.TEMPLATE_REGION)
    with alone(file.with_name(file.name + ".lock")):
        region.wipe(making)  # whatever a run that was killed left
        if not file.exists():
            report("OpenStack: initialising a region as template (once; some minutes)")
            begun = time.monotonic()
            _make(making, environment, file)
            _forget_unused(file)
            report(f"OpenStack: template made ({time.monotonic() - begun:.0f} s)")
        file.touch()
    return file


def prepare(spec: RegionSpec, environment: Path) -> None:
    """Give the region its passwords, unless it has them already, and its folders as they are to be today."""
    for name in USERS:
        if not spec.secret(name).exists():
            folders.write_private(spec.secret(name), secrets.token_urlsafe(24) + "\n")
    folders.prepare(spec, environment, processes.user(), password(spec, config.SERVICE_USER))


def restore(spec: RegionSpec, file: Path) -> None:
    """Give a prepared region its databases: those of the template, with this region's names and passwords."""
    user = processes.user()
    partial = spec.database.with_name("database.partial")
    shutil.rmtree(partial, ignore_errors=True)
    archive.unpack(file, partial)
    database.run(partial, user, rewrite.statements(spec, user, _hashes(spec), _new_ids()))
    partial.rename(spec.database)


def password(spec: RegionSpec, user: str) -> Secret:
    return resolve(SecretRef("file", str(spec.secret(user))))


def _hashes(spec: RegionSpec) -> dict[str, str]:
    return {
        name: bcrypt.hashpw(password(spec, name).reveal().encode(), bcrypt.gensalt(_ROUNDS)).decode() for name in USERS
    }


def _new_ids() -> dict[str, dict[str, str]]:
    return {
        "project": {name: uuid.uuid4().hex for name in PROJECTS},
        "user": {name: uuid.uuid4().hex for name in USERS},
    }


def _digest(user: str) -> str:
    """A template serves one version of everything that made it, and one user of the machine: its database knows who."""
    version = subprocess.run([str(MARIADBD), "--version"], capture_output=True, check=True).stdout  # noqa: S603 - constant
    sources = b"".join((Path(__file__).parent / name).read_bytes() for name in _SOURCES)
    return hashlib.sha256(b"\0".join((digest().encode(), user.encode(), version, sources))).hexdigest()[:16]


def _forget_unused(file: Path) -> None:
    """Remove the templates beside this one that no lab was made from for long: each use touches its template."""
    for other in file.parent.glob("region-*.tar.zst"):
        with contextlib.suppress(FileNotFoundError):  # another lab forgets, too
            if other != file and time.time() - other.stat().st_mtime > _FORGOTTEN_AFTER_S:
                other.unlink()


def _make(spec: RegionSpec, environment: Path, file: Path) -> None:
    """While it is made it is a region of the lab, so that `down` ends it, too, whatever became of us."""
    keep(spec)
    throwaway = Secret(secrets.token_urlsafe(24))
    try:
        folders.prepare(spec, environment, processes.user(), throwaway)
        database.create(spec.database, processes.user())
        region.start_database(spec)
        _migrate(spec, environment, throwaway)
        region.start(spec, environment, lambda _: None, ("keystone",))
        with keystone.connect(spec, throwaway) as cloud:
            keystone.fill(cloud, spec, throwaway)
        region.stop(spec)
        archive.pack(spec.database, file)
    finally:
        region.wipe(spec)


@dataclass(frozen=True, slots=True)
class _Tools:
    """The projects' own management commands, run for one region."""

    spec: RegionSpec
    environment: Path
    password: Secret

    def __call__(self, tool: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 - own commands and paths
            [str(self.environment / "bin" / tool), *arguments],
            env={**processes.variables(self.spec, self.environment), "OS_BOOTSTRAP_PASSWORD": self.password.reveal()},
            cwd=self.spec.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            words = (done.stderr or done.stdout).strip()[-1500:]
            raise Failed(f"{tool} {arguments[-1]}", words, f"Read {self.spec.logs}.")

    def config(self, *names: str) -> list[str]:
        return [part for name in names for part in ("--config-file", str(self.spec.etc / name))]


def _migrate(spec: RegionSpec, environment: Path, admin_password: Secret) -> None:
    """Bring every database to its project's present schema; the longest first, as many at once as there are cores."""
    run = _Tools(spec, environment, admin_password)
    jobs = (
        lambda: _nova(run),
        lambda: run("neutron-db-manage", *run.config("neutron.conf", "ml2_conf.ini"), "upgrade", "heads"),
        lambda: _keystone(run),
        lambda: run("cinder-manage", *run.config("cinder.conf"), "db", "sync"),
        lambda: run("octavia-db-manage", *run.config("octavia.conf"), "upgrade", "head"),
        lambda: run("glance-manage", *run.config("glance-api.conf"), "db_sync"),
        lambda: run("designate-manage", *run.config("designate/designate.conf"), "database", "sync"),
        lambda: run("placement-manage", *run.config("placement.conf"), "db", "sync"),
    )
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()


def _keystone(run: _Tools) -> None:
    keystone_manage = ("keystone-manage", *run.config("keystone.conf"))
    run(*keystone_manage, "db_sync")
    url = run.spec.auth_url
    run(
        *keystone_manage, "bootstrap", "--bootstrap-region-id", run.spec.name,
        "--bootstrap-admin-url", url, "--bootstrap-internal-url", url, "--bootstrap-public-url", url,
    )  # fmt: skip


def _nova(run: _Tools) -> None:
    nova_manage = ("nova-manage", *run.config("nova.conf"))

    def database_connection(name: str) -> tuple[str, str]:
        return "--database_connection", config.database_url(run.spec, processes.user(), name)

    run(*nova_manage, "api_db", "sync")
    run(*nova_manage, "cell_v2", "map_cell0", *database_connection("nova_cell0"))
    run(*nova_manage, "db", "sync")
    cell = ("--name", "cell1", "--transport-url", "fake:///")
    run(*nova_manage, "cell_v2", "create_cell", *cell, *database_connection("nova"))
