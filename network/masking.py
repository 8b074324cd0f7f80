"""Secrets in lines of configuration: what follows a word for one is never shown."""

import re

SECRET = re.compile(
    r"(?P<what>(?<![a-z])(?:password|passwd|pwd|passphrase|secret|psk|community|key-string|auth|priv|key)\d*(?![a-z])"
    r"(?:\s+\d{1,2}(?=\s))?[ ='\"]+)\S.*",
    re.IGNORECASE,
)
"""In `what` the word; what follows, to the end of the line, is the secret."""


def masked(line: str) -> str:
    """`line` with what follows a word for a secret replaced by `***`."""
    return SECRET.sub(r"\g<what>***", line)


def without(line: str, said: str) -> str:
    """`said` with the secret of `line` replaced by `***`: devices repeat what they do not understand."""
    secret = SECRET.search(line)
    value = line[secret.end("what") : secret.end()].strip(" '\"") if secret else ""
    return said.replace(value, "***") if value else said
