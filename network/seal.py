"""Configurations of devices are kept sealed: whoever has a copy of the journal of pushes, but not the key beside it,
can read no secret of a device.

The key lies beside the journal, as the passphrase of Pulumi's state does; it never goes into a plan, a log or a report.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from city.errors import Refused

_SEALED = "sealed:"
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
        """No two are alike. Of nothing there is nothing to hide."""
        return _SEALED + self._key.encrypt(text.encode(errors=_ANY)).decode("ascii") if text else ""

    def open(self, text: str) -> str:
        """What was kept before anything was sealed, is as it is. Raises Refused where another key sealed it."""
        if not text.startswith(_SEALED):
            return text
        try:
            return self._key.decrypt(text.removeprefix(_SEALED)).decode(errors=_ANY)
        except InvalidToken as error:
            problem = "a configuration in the journal of pushes was sealed with another key"
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
