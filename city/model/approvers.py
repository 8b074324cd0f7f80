"""Who may agree to a step of a drill, and by which key it is seen that they did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """`key` is an OpenSSH public key, as a line of authorized_keys has it; nobody else's."""

    name: str
    key: str
