"""By what the observer doubts itself, as city.yaml declares it; what it leaves out is the default."""

from ipaddress import AddressValueError, IPv4Address

from city.load.kinds import Kind, Unreadable, number
from city.load.record import Record
from city.model.doubt import CONTROL_PLANE, GATEWAY, Doubt

_DEFAULT = Doubt()
_NAMES = (GATEWAY, CONTROL_PLANE)


def read_doubt(record: Record) -> Doubt:
    """From the record of the key `observer`."""
    canaries = record.list("canaries", _CANARY) if record.has("canaries") else _DEFAULT.canaries
    if record.is_good("canaries") and len(set(canaries)) < len(canaries):
        record.defect("canaries", "a canary is named twice", "Name each once.")
    found = Doubt(above=record.get("doubt_above", number(0, 1), default=_DEFAULT.above), canaries=canaries)
    record.finish()
    return found


def _canary(text: str) -> str:
    if text in _NAMES:
        return text
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        expected = f"{', '.join(_NAMES)} or an IPv4 address"
        raise Unreadable(f"{text[:60]!r} is no canary", f"Write {expected}.") from None


_CANARY = Kind(_canary, GATEWAY)
