"""What can be wrong with a datagram. Whatever the bytes, decoding raises nothing else.

SnmpError
├── Malformed      not a message of ours: wrong lengths, types, versions
└── SecurityError  well formed, but not to be believed (RFC 3414, 3.2)
    ├── UnknownUser, UnsupportedLevel, UnknownEngine
    ├── WrongDigest        the authentication key does not fit
    ├── NotInTimeWindow    too old, or replayed
    └── DecryptionFailed   the privacy key does not fit
"""
# ruff: noqa: N818 - each names what is wrong with a message: "raise WrongDigest"


class SnmpError(Exception):
    pass


class Malformed(SnmpError):
    pass


class SecurityError(SnmpError):
    pass


class UnknownUser(SecurityError):
    pass


class UnsupportedLevel(SecurityError):
    pass


class UnknownEngine(SecurityError):
    pass


class WrongDigest(SecurityError):
    pass


class NotInTimeWindow(SecurityError):
    pass


class DecryptionFailed(SecurityError):
    pass
