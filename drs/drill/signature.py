"""A person's signature under an agreement: made with the person's own SSH key, checked by anybody with the public one.

The format is OpenSSH's (PROTOCOL.sshsig): an auditor needs nothing of ours but `ssh-keygen -Y verify -n asty-drill`.
Signed is the entry with the drill and the plan that it belongs to; it fits into no other drill.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import asyncssh

from city.errors import InvalidInput
from drs.drill.entry import Approved, Overridden, as_json

NAMESPACE = "asty-drill"
_ASKS = "Passphrase must be specified"
"""What asyncssh says of a key with a passphrase where none is given; a wrong one is an error of its own."""
Signed: TypeAlias = Approved | Overridden


class Locked(InvalidInput):
    """A private key that opens with a passphrase, and not with the one that was given."""


def statement(drill: str, plan: str, entry: Signed) -> bytes:
    """What is signed: one line of JSON with sorted keys, without the signature itself."""
    told = {**as_json(replace(entry, signature="")), "drill": drill, "plan": plan}
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode(errors="backslashreplace") + b"\n"


def read_key(file: Path, passphrase: str | None = None) -> asyncssh.SSHKey:
    """A private key. Raises Locked, and InvalidInput for what is no key."""
    try:
        return asyncssh.read_private_key(file, passphrase)
    except asyncssh.KeyEncryptionError as error:
        raise Locked(str(file), "its passphrase is another", "Try once more.") from error
    except (OSError, asyncssh.KeyImportError) as error:
        if _ASKS in str(error):
            raise Locked(str(file), "it opens with a passphrase", "Give the passphrase.") from error
        problem = error.strerror if isinstance(error, OSError) and error.strerror else "it holds no private SSH key"
        raise InvalidInput(str(file), problem, "Name the file of your own key, as ~/.ssh/id_ed25519.") from error


def sign(drill: str, plan: str, entry: Signed, key: asyncssh.SSHKey) -> Signed:
    """The entry with the signature of the key's owner."""
    made = asyncssh.create_sshsig(key, statement(drill, plan, entry), namespace=NAMESPACE)
    return replace(entry, signature=made.decode("ascii"))


def holds(drill: str, plan: str, entry: Signed, public: str) -> bool:
    """Whether the owner of the public key signed this very entry for this very drill."""
    allowed = f'{_NOBODY} namespaces="{NAMESPACE}" {" ".join(public.split()[:2])}\n'
    try:
        signed = statement(drill, plan, entry)
        return asyncssh.validate_sshsig(signed, entry.signature.encode(), _NOBODY, allowed.encode())
    except (ValueError, asyncssh.Error):
        return False


_NOBODY = "person"
"""Each key is looked at alone, under a name that no person can choose."""
