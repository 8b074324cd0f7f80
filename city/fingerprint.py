"""One digest for one content: how a plan is named, and how it is known that the world moved since."""

import hashlib
import json
from typing import Any


def canonical(content: Any) -> str:  # noqa: ANN401 - JSON is any JSON
    """JSON with sorted keys and no spaces: equal contents give equal text."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(content: Any) -> str:  # noqa: ANN401 - JSON is any JSON
    """SHA-256 of the canonical form, in hex; a byte that no encoding fits (PEP 383) counts as itself."""
    return hashlib.sha256(canonical(content).encode(errors="surrogateescape")).hexdigest()
