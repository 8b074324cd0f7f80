"""Why an address does not answer, from the error of whatever library asked: the first cause, in our words."""

import errno
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPException

_NO_WAY = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})
_LATER = frozenset({socket.EAI_AGAIN, socket.EAI_FAIL})
_DEEPEST = 30


def why_silent(error: BaseException, took_s: float) -> str | None:
    """`its name is not known`, `it does not answer in 20 s`; None where nothing of that kind was the cause.

    `took_s` is how long one waited for it in truth.

    Libraries wrap what the system told them, each in its own way: as cause, context, reason or argument.
    """
    return next((reason for one in _behind(error) if (reason := _said(one, took_s))), None)


def _said(error: BaseException, took_s: float) -> str | None:  # noqa: PLR0911 - one for each thing that may be seen
    match error:
        case socket.gaierror():
            return "nobody resolves its name now" if error.errno in _LATER else "its name is not known"
        case ConnectionRefusedError():
            return "nothing listens at its address"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({error.verify_message})"
        case ssl.SSLError():
            return "it speaks no TLS that is accepted"
        case ConnectionError() | HTTPException():
            return "it closed the connection"
        case TimeoutError():
            return f"it does not answer in {took_s:.0f} s"
        case OSError() if error.errno in _NO_WAY:
            return "there is no way to it"
    return None


def _behind(error: BaseException) -> Iterator[BaseException]:
    """The error, and all that it came from, what lies deepest last."""
    queue: list[object] = [error]
    for _ in range(_DEEPEST):
        if not queue:
            return
        one = queue.pop(0)
        if isinstance(one, BaseException):
            yield one
            queue += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
