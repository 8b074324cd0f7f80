"""Which devices an operator means: `site=north,platform=street-ap`.

A comma narrows (and), a further expression widens (or). Nothing said means every device.
"""

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches

from city.errors import InvalidInput
from city.model.city import City, Device

_VALUES: dict[str, Callable[[Device], tuple[str, ...]]] = {
    "id": lambda device: (device.id,),
    "platform": lambda device: (device.platform,),
    "site": lambda device: (device.site,),
    "tag": lambda device: device.tags,
}


def select(city: City, expressions: Sequence[str]) -> tuple[Device, ...]:
    """Devices that fit any of `expressions`, in the City's order, each once; all of them where none is given.

    Raises InvalidInput for an expression that is not `key=value[,key=value…]`, for a key that is not
    one of id, platform, site and tag, and for a selection that no device fits.
    """
    if not expressions:
        return city.devices
    chosen: set[str] = set()
    for expression in expressions:
        chosen.update(device.id for device in _fitting(city.devices, expression))
    return tuple(device for device in city.devices if device.id in chosen)


def _fitting(devices: Sequence[Device], expression: str) -> list[Device]:
    left = list(devices)
    for term in expression.split(","):
        key, value = _term(expression, term)
        known = {name for device in devices for name in _VALUES[key](device)}
        if value not in known:
            raise _nobody(expression, f"no device has {key} {value!r}", value, known)
        left = [device for device in left if value in _VALUES[key](device)]
    if not left:
        raise InvalidInput(
            f"--select {expression}",
            "no device fits all of it",
            "A comma means and: repeat --select for or.",
        )
    return left


def _term(expression: str, term: str) -> tuple[str, str]:
    key, equals, value = (part.strip() for part in term.partition("="))
    if not equals or not value:
        raise InvalidInput(f"--select {expression}", f"{term!r} is not key=value", "Write site=…, tag=…, id=….")
    if key not in _VALUES:
        raise _nobody(expression, f"devices are not selected by {key!r}", key, _VALUES)
    return key, value


def _nobody(expression: str, problem: str, said: str, known: Iterable[str]) -> InvalidInput:
    near = get_close_matches(said, sorted(known), n=3) or sorted(known)[:4]
    return InvalidInput(f"--select {expression}", problem, f"Near to it: {', '.join(near) or 'nothing'}.")
