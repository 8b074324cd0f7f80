"""Text that others wrote (devices, files, clouds), made fit to be shown: it steers no terminal and fakes no line."""

import re
import unicodedata

_PLAIN = re.compile(r"[\x20-\x7e\n\t]*")
_BYTE = 0xDC00
"""Where PEP 383 keeps a byte that could not be decoded."""


def visible(text: str) -> str:
    """`text` with what steers a terminal shown as such; line feeds and tabs stay.

    A control character shows as `^[`, a byte of no encoding as `<E9>`, a character that turns the
    direction of writing or has no width as `<U+202E>`.
    """
    return text if _PLAIN.fullmatch(text) else "".join(map(_visible, text))


def one_line(text: str) -> str:
    """`visible`, on one line: a line feed shows as `^J`."""
    return visible(text).replace("\n", "^J")


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20 or code == 0x7F:  # noqa: PLR2004 - C0 and DEL, as ECMA-48 has them
        return character if character in "\n\t" else f"^{chr(code ^ 0x40)}"
    if _BYTE <= code <= _BYTE + 0xFF:
        return f"<{code - _BYTE:02X}>"
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return f"<U+{code:04X}>"
    return character
