"""What hosts of the lab let others in by, in the place of the city's own store of secrets: made once for each lab.

    LAB/secrets/probe     the password of the user `probe`
    LAB/secrets/radius    the secret of those who ask its RADIUS servers

A host whose roles need them is given them as files that its root alone reads; no image holds any.
"""

import secrets
from collections.abc import Collection
from pathlib import Path

from lab.openstack.folders import write_private
from lab.params import LabParams

USER = "probe"
_USERS, _CLIENTS = "/etc/service/users", "/etc/service/radius-clients"
_NEED_USERS, _NEED_CLIENTS = {"broker", "radius"}, {"radius"}
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


def make(params: LabParams) -> None:
    """Have both, as the lab's user's own (0600)."""
    params.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in (password(params), radius(params)):
        if not file.exists():
            write_private(file, secrets.token_urlsafe(24))


def files(params: LabParams, roles: Collection[str]) -> list[dict[str, str]]:
    """As cloud-init writes files: those that a host of these roles needs."""
    found = []
    if _NEED_USERS.intersection(roles) and password(params).exists():
        kept = password(params).read_text(encoding="ascii")
        found.append({"path": _USERS, "content": f"{USER}:{kept}\n", "permissions": "0600"})
    if _NEED_CLIENTS.intersection(roles) and radius(params).exists():
        content = _CLIENT.format(secret=radius(params).read_text(encoding="ascii"))
        found.append({"path": _CLIENTS, "content": content, "permissions": "0600"})
    return found
