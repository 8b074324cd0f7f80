"""What the words of a failure say about the cloud: did it refuse, or did its answer only not come? Pure."""

import re

_MOMENTARY = re.compile(r"\b(429|502|503|504)\b|connection reset|EOF|timed? ?out", re.IGNORECASE)
"""What a cloud says that may well answer the next time (RFC 9110, 15.6; a proxy that was restarted)."""
_BROKE_OFF = re.compile(r"\b500\b")


def momentary(words: str) -> bool:
    return _MOMENTARY.search(words) is not None


def unanswered(words: str) -> bool:
    """Whether what was asked for may have been done all the same: nobody refused it, and no answer said so."""
    return momentary(words) or _BROKE_OFF.search(words) is not None
