"""Secrets in configurations of devices are kept sealed: whoever has a copy of the journal of pushes, but not the key
beside it, can read the configurations, and no secret of a device.

The key lies beside the journal, as the passphrase of Pulumi's state does; it never goes into a plan, a log or a report.
"""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from city.errors import Refused
from network.masking import SECRET

_SEALED = "sealed:"
_HIDDEN = re.compile(
    rf"{SECRET.pattern}|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)|{_SEALED}",
    re.IGNORECASE,
)
"""What a device may say by itself that looks as if we had sealed it is sealed as well, so that all that looks so is."""
_OURS = re.compile(rf"{_SEALED}([\w=-]+);", re.ASCII)
_WHOLE = re.compile(rf"{_SEALED}[\w=-]+", re.ASCII)
"""Of earlier journals, in which whole configurations are sealed."""
_ANY = "surrogatepass"
"""A device may send octets that are no text; they are kept as they came."""


class Seal:
    """`file` holds the key; it is made where there is none yet, for its owner alone."""

    def __init__(self, file: Path) -> None:
        self._file = file
        if not file.exists():
            _make(file)
        self._key = Fernet(file.read_bytes())

    def close(self, text: str) -> str:
        """The text, in which nobody can read a secret. No two are alike."""
        return _HIDDEN.sub(self._hide, text)

    def open(self, text: str) -> str:
        """What was kept before anything was sealed, is as it is. Raises Refused where another key sealed it."""
        if _WHOLE.fullmatch(text):
            return self._shown(text.removeprefix(_SEALED))
        return _OURS.sub(lambda found: self._shown(found[1]), text)

    def _hide(self, found: re.Match[str]) -> str:
        what = found["what"] or ""
        token = self._key.encrypt(found[0][len(what) :].encode(errors=_ANY)).decode("ascii")
        return f"{what}{_SEALED}{token};"

    def _shown(self, token: str) -> str:
        try:
            return self._key.decrypt(token).decode(errors=_ANY)
        except InvalidToken as error:
            problem = "a secret in the journal of pushes was sealed with another key"
            raise Refused(str(self._file), problem, "Put back the key that lay beside this journal.") from error


def _make(file: Path) -> None:
    """Whole at once, and the same for all who begin at one moment."""
    part = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
        made.write(Fernet.generate_key())
        made.flush()
        os.fsync(made.fileno())
    with suppress(FileExistsError):
        os.link(part, file)
    part.unlink()
