"""The operators' key of a lab: it lets root in on every guest, beside the key pair that the cloud has.

The private half of a city's key pair is its operators' own, and of the shipped cities it was thrown away. So who made
the lab finds a key that opens its guests in the lab's secrets.
"""

from pathlib import Path

from lab.params import LabParams


def private(params: LabParams) -> Path:
    return params.secrets / "operators"


def make(params: LabParams) -> None:
    """Have the key, as the lab's user's own (0600). The public half is there before the private one is."""
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - who asks for the path need not pay
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - the same

    if private(params).exists():
        return
    params.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    shown = key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH).decode()
    _public(params).write_text(f"{shown} operators@{params.name}\n", encoding="ascii")
    partial = private(params).with_suffix(".new")
    partial.touch(mode=0o600)
    partial.write_bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption()))
    partial.replace(private(params))


def public(params: LabParams) -> str:
    """A line for authorized_keys (sshd(8)); empty where nobody made a key."""
    return _public(params).read_text(encoding="ascii") if private(params).exists() else ""


def _public(params: LabParams) -> Path:
    return private(params).with_suffix(".pub")
