"""Runs on a host as root: takes what the operators tell it, a tar on the standard input, and starts asty anew.

    take.py DIGEST    what was told is the whole tar; a host that has it already does nothing
    take.py           the digest of what it was told last, if anything

What is half told changes nothing. post.json may hold secrets: none but asty's user reads it.
"""

import compileall
import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path, PurePosixPath

HOME, SERVICE = Path("/var/lib/asty"), Path("/run/service.env")
"""Tests put others here."""
USER = "asty"
RUN_BY_IT = frozenset({"monitoring", "dashboard"})
"""The roles that are asty: whatever else the host does, as to keep copies in a vault, goes on."""
_LARGEST = 64 * 2**20


def take(content: bytes, digest: str) -> None:
    """Raises ValueError for what is not what the digest says, or no tar of plain files."""
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError("it is not whole")
    new, told, old = (HOME / name for name in ("told.new", "told", "told.old"))
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(fileobj=BytesIO(content)) as tar:
        for entry in tar:
            _write(new, entry, tar)
    # Whoever runs it may not write beside it.
    compileall.compile_dir(new / "code", quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    if told.exists():
        told.rename(old)
    new.rename(told)
    shutil.rmtree(old, ignore_errors=True)
    (HOME / "digest").write_text(f"{digest}\n", encoding="ascii")


def _write(folder: Path, entry: tarfile.TarInfo, tar: tarfile.TarFile) -> None:
    name = PurePosixPath(entry.name)
    if not entry.isreg() or name.is_absolute() or ".." in name.parts:
        raise ValueError(f"{entry.name[:80]!r} is no plain file within it")
    file = folder / name
    file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    content = tar.extractfile(entry)
    secret = not entry.mode & 0o004
    with open(file, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        shutil.copyfileobj(content, out)
    file.chmod(0o640 if secret else 0o644)
    if secret:
        shutil.chown(file, group=USER)


def roles() -> list[str]:
    """Of this host, as service_roles.py wrote them, those that are asty."""
    for line in SERVICE.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        if name == "ROLES":
            return [role for role in value.strip('"').split(",") if role in RUN_BY_IT]
    return []


def main() -> None:
    known = HOME / "digest"
    if len(sys.argv) < 2:  # noqa: PLR2004 - without a digest
        sys.stdout.write(known.read_text(encoding="ascii") if known.exists() else "")
        return
    content = sys.stdin.buffer.read(_LARGEST + 1)
    try:
        take(content, sys.argv[1])
    except (ValueError, tarfile.TarError) as error:
        sys.exit(f"refused: {error}")
    subprocess.run(["/usr/bin/systemctl", "restart", *(f"role-{role}.target" for role in roles())], check=True)  # noqa: S603 - own roles


if __name__ == "__main__":
    main()
