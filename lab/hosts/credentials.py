"""What hosts of the lab let others in by, in the place of the city's own store of secrets: made once for each lab.

    LAB/secrets/probe     the password of the user `probe`
    LAB/secrets/radius    the secret of those who ask its RADIUS servers
    LAB/secrets/vault     what the keys of all copies of files are made from; a vault has it, a service its own key
    LAB/secrets/identity  the key of its OpenID provider, RSA; user `probe` logs in there, and the client is `lab`

A name server is told by which key, and from whom, it takes the zone (lab.names.places).

A host whose roles need them is given them as files that its root alone reads; no image holds any.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Collection
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lab.names import places
from lab.openstack.folders import write_private
from lab.params import LabParams

USER = "probe"
_USERS, _CLIENTS, _ZONE = "/etc/service/users", "/etc/service/radius-clients", "/etc/service/zone-source"
_NEED_USERS, _NEED_CLIENTS, _NEED_IDENTITY = {"broker", "radius"}, {"radius"}, {"identity"}
_PEOPLE, _OIDC_CLIENTS, _OIDC_KEY = "/etc/service/people", "/etc/service/oidc-clients", "/etc/service/oidc-key.pem"
CLIENT, REDIRECT = "lab", "http://127.0.0.1:8400/signed-in"
"""A public client of the OpenID provider: a program of whoever tries it out, at a port of that person's machine."""
_VAULT_KEY, _FILES_KEY = "/etc/service/vault-key", "/etc/service/files-key"
_N, _R, _P = 2**14, 8, 1
_CLIENT = """client city {{
\tipaddr = 0.0.0.0/0
\tproto = *
\tsecret = {secret}
\trequire_message_authenticator = yes
}}
"""


def password(params: LabParams) -> Path:
    """Where the password of the user is."""
    return params.secrets / "probe"


def radius(params: LabParams) -> Path:
    """Where the secret of RADIUS is."""
    return params.secrets / "radius"


def identity(params: LabParams) -> Path:
    """Where the key of the OpenID provider is."""
    return params.secrets / "identity"


def vault(params: LabParams) -> Path:
    """Where the secret of the vaults is."""
    return params.secrets / "vault"


def make(params: LabParams) -> None:
    """Have all of them, as the lab's user's own (0600)."""
    params.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in (password(params), radius(params), vault(params)):
        if not file.exists():
            write_private(file, secrets.token_urlsafe(24))
    if not identity(params).exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        write_private(identity(params), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def files(
    params: LabParams, roles: Collection[str], region: int | None = None, service: str = ""
) -> list[dict[str, str]]:
    """As cloud-init writes files: those that a host of these roles needs, of that service, at this region of the lab if
    at any."""
    found = []
    if "dns" in roles and region is not None:
        found.append({"path": _ZONE, "content": places.source(params, region), "permissions": "0600"})
    if _NEED_USERS.intersection(roles) and password(params).exists():
        kept = password(params).read_text(encoding="ascii")
        found.append({"path": _USERS, "content": f"{USER}:{kept}\n", "permissions": "0600"})
    if _NEED_CLIENTS.intersection(roles) and radius(params).exists():
        content = _CLIENT.format(secret=radius(params).read_text(encoding="ascii"))
        found.append({"path": _CLIENTS, "content": content, "permissions": "0600"})
    if _NEED_IDENTITY.intersection(roles) and identity(params).exists():
        kept = password(params).read_text(encoding="ascii")
        contents = {
            _PEOPLE: f"{USER}:{_hashed(kept)}:Probe\n",
            _OIDC_CLIENTS: json.dumps({CLIENT: {"redirects": [REDIRECT]}}),
            _OIDC_KEY: identity(params).read_text(encoding="ascii"),
        }
        found += [{"path": path, "content": content, "permissions": "0600"} for path, content in contents.items()]
    if {"vault", "files"}.intersection(roles) and vault(params).exists():
        found += _of_copies(vault(params).read_text(encoding="ascii"), roles, service)
    return found


def _of_copies(master: str, roles: Collection[str], service: str) -> list[dict[str, str]]:
    """As the role `vault` makes the keys."""
    given = []
    if "vault" in roles:
        given.append({"path": _VAULT_KEY, "content": master, "permissions": "0640", "owner": "root:vault"})
    if "files" in roles:
        key = hmac.new(master.encode(), f"files of {service}".encode(), hashlib.sha256).hexdigest()
        given.append({"path": _FILES_KEY, "content": key, "permissions": "0600"})
    return given


def _hashed(text: str) -> str:
    """By scrypt (RFC 7914), as the role `identity` reads it."""
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(text.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=32)
    return "$".join(
        ("scrypt", *map(str, (_N, _R, _P)), *(base64.urlsafe_b64encode(one).decode() for one in (salt, digest)))
    )
