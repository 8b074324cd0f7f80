"""The image that the lab's clouds offer a city: the base image with a stand-in for its services (inside/stand_in.py).

The stand-in's certificate is for every name of the city's zone, signed by an authority that is made for this image and
forgotten at once: whoever trusts it trusts this image's servers and nothing else. As root; the image is kept in the
cache by what it is made of, its authority's certificate beside it.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from city.errors import Failed
from lab.hosts import base_image, needs
from lab.openstack.environment import alone, cache_home
from lab.openstack.folders import write_private
from lab.params import LabParams
from lab.real.packages import OURS, install
from lab.system import Report, as_root, last_line

_INSIDE = Path(__file__).parent / "inside"
_PROGRAM, _UNIT = "stand_in.py", "stand-in.service"
_WWW_DATA = 33
"""The group of Debian's base-passwd as which the stand-in runs."""
_LASTS, _RENEWED = timedelta(days=730), timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class CityImage:
    """`file` holds a squashfs; `trust` is the PEM certificate of who signed for its servers."""

    file: Path
    trust: Path


def keep(params: LabParams, zone: str, report: Report) -> None:
    """Have the lab's image and trust, those that it was made with if it has any: its servers run from no other.

    The trust comes first, so that a lab with an image has both, and they belong together.
    """
    if params.image.exists():
        return
    made = provide(zone, report)
    write_private(params.trust, made.trust.read_text(encoding="ascii"))
    partial = params.image.with_suffix(".new")
    shutil.copyfile(made.file, partial)
    partial.replace(params.image)


def provide(zone: str, report: Report) -> CityImage:
    """The image for servers with names in `zone`, from the cache or made now. Raises Failed."""
    by = as_root()
    if by is None:
        raise Failed("hosts", "only root may make their image", "Do this as root, or where sudo works.")
    install(by, report, needs.NEEDS, needs.__name__)
    if not by:
        return _kept(zone, report)
    command = [*by, "/usr/bin/env", f"XDG_CACHE_HOME={cache_home().parent}", *OURS, __spec__.name, zone]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - own words and a checked zone
    if done.returncode:
        raise Failed("the image of the hosts", last_line(done.stderr), "Mend that, then try again.")
    *said, last = done.stdout.splitlines()
    for line in said:
        report(line)
    return CityImage(file=Path(json.loads(last)[0]), trust=Path(json.loads(last)[1]))


def _kept(zone: str, report: Report) -> CityImage:
    base = base_image.provide(report)
    made_of = hashlib.sha256("\n".join([base.name, zone, *map(_text, (_PROGRAM, _UNIT))]).encode())
    made_of.update(Path(__file__).read_bytes())
    file = base.with_name(f"city-{made_of.hexdigest()[:16]}.squashfs")
    found = CityImage(file=file, trust=file.with_suffix(".pem"))
    with alone(file.with_suffix(".lock")):
        if not (file.exists() and _lasts(found.trust)):
            report(f"hosts: making the image of {zone} (once; some seconds)")
            _make(found, base, zone)
    return found


def _make(image: CityImage, base: Path, zone: str) -> None:
    """The trust comes before the image, so that an image that is there is always whole."""
    with tempfile.TemporaryDirectory(dir=base.parent) as scratch:
        tree = Path(scratch) / "tree"
        _unpack(base, tree)
        trust = furnish(tree, zone)
        image.file.unlink(missing_ok=True)
        image.trust.write_bytes(trust)
        image.trust.chmod(0o644)
        base_image.seal(tree, image.file)


def _unpack(base: Path, tree: Path) -> None:
    command = ["/usr/bin/unsquashfs", "-quiet", "-no-progress", "-dest", str(tree), str(base)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - constants and own paths
    if done.returncode:
        raise Failed("unsquashfs", last_line(done.stderr), "Look whether the disk is full.")


def furnish(tree: Path, zone: str) -> bytes:
    """Put the stand-in into the tree of a base image; the certificate of who signed for it."""
    own, key, trust = sign(zone)
    program, etc = tree / "opt/stand-in", tree / "etc/stand-in"
    for folder in (program, etc):
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    shutil.copyfile(_INSIDE / _PROGRAM, program / _PROGRAM)
    (etc / "certificate.pem").write_bytes(own)
    secret = etc / "key.pem"
    secret.touch(mode=0o640)
    secret.write_bytes(key)
    with contextlib.suppress(PermissionError):  # a tree that root does not make becomes no image
        os.chown(secret, 0, _WWW_DATA)
    units = tree / "etc/systemd/system"
    shutil.copyfile(_INSIDE / _UNIT, units / _UNIT)
    wants = units / "multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / _UNIT).symlink_to(f"/etc/systemd/system/{_UNIT}")
    return trust


def sign(zone: str) -> tuple[bytes, bytes, bytes]:
    """A certificate for every name of the zone, its key, and the certificate of the authority that signed it: PEM."""
    domain = zone.rstrip(".")
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _name(f"The lab's authority for {domain}"[:64])
    names = x509.SubjectAlternativeName([x509.DNSName(domain), x509.DNSName(f"*.{domain}")])
    root = (
        _begun(issuer, issuer, authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints([x509.DNSName(domain)], None), critical=True)
        .sign(authority, hashes.SHA256())
    )
    own = (
        _begun(_name(domain[:64]), issuer, key.public_key())
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(authority, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return own.public_bytes(Encoding.PEM), private, root.public_bytes(Encoding.PEM)


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LASTS)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _lasts(trust: Path) -> bool:
    """Whether its servers' certificate is good for a while yet: it ends with the authority's."""
    try:
        found = x509.load_pem_x509_certificate(trust.read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    return found.not_valid_after_utc - datetime.now(UTC) > _RENEWED


def _text(name: str) -> str:
    return (_INSIDE / name).read_text(encoding="utf-8")


if __name__ == "__main__":
    made = provide(sys.argv[1], print)
    sys.stdout.write(json.dumps([str(made.file), str(made.trust)]) + "\n")
