"""A folder over which a service of OpenStack and the agent of the machine below it talk.

The service writes whole what ought to be (`wanted.json`), the agent writes whole what it found and did (`told.json`).
Each file is replaced in one step, so that a reader sees one state or the next, whoever was killed in between; what
nobody has written yet is None, which is not the same as nothing. Both sides import this module: it needs the standard
library and nothing else.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Content = Mapping[str, Any]


class Letter:
    """One of the two files, by whom it may be read besides its writer (`mode`)."""

    def __init__(self, file: Path, mode: int = 0o600) -> None:
        self.file, self._mode = file, mode
        self._seen: tuple[int, int] | None = None

    def write(self, content: Content) -> None:
        """Replace the file, unless it says the same already."""
        text = json.dumps(content, sort_keys=True)
        if self._text() == text:
            return
        partial = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        partial.unlink(missing_ok=True)
        with os.fdopen(
            os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, self._mode), "w", encoding="utf-8"
        ) as out:
            out.write(text)
        partial.chmod(self._mode)  # whatever umask its writer has
        partial.replace(self.file)

    def read(self) -> Content | None:
        """What it says; None where nobody has written it yet."""
        text = self._text()
        return None if text is None else dict(json.loads(text))

    def news(self) -> bool:
        """Whether the file is another one than at the last call; costs one stat(2)."""
        try:
            found = self.file.stat()
        except FileNotFoundError:
            return False
        seen, self._seen = self._seen, (found.st_ino, found.st_mtime_ns)
        return seen != self._seen

    def _text(self) -> str | None:
        try:
            return self.file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None


class Exchange:
    """Both letters of one folder. What the agent tells, the service's user may read, though the agent is root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wanted = Letter(folder / "wanted.json")
        self.told = Letter(folder / "told.json", mode=0o644)

    def open(self) -> None:
        """Daemons that gave up root reach their own folders below this one, and list nothing of it."""
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.folder.chmod(0o711)


def revision(content: object) -> str:
    """Names this very content: by it the agent says which of the service's wishes it has fulfilled."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
