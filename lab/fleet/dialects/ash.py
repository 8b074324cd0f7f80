"""What of a shell a device's command line needs: a file's content in a word, a filtered answer kept in a file."""

import json
import re
import shlex
from collections.abc import Mapping

_CONTENT = re.compile(r"\$\(cat (?P<file>[^)]+)\)")
_KEPT = re.compile(r"(?P<command>.*?)\s*(?:\|\s*jsonfilter -e '@\.(?P<key>\w+)'\s*)?>\s*(?P<file>/\S+)")


def expanded(line: str, files: Mapping[str, str]) -> str:
    """The line with `$(cat FILE)` replaced by what the file holds; nothing where there is none."""
    return _CONTENT.sub(lambda found: files.get(found["file"].strip(), ""), line)


def kept(line: str) -> tuple[str, str, str]:
    """The command, the JSON key that `jsonfilter` picks of its answer, and the file that keeps it; empty for none."""
    found = _KEPT.fullmatch(line)
    return (found["command"], found["key"] or "", found["file"]) if found else (line, "", "")


def picked(text: str, key: str) -> str:
    try:
        return str(json.loads(text)[key]) if key else text
    except (ValueError, KeyError, TypeError):
        return ""


def parts(line: str) -> list[list[str]]:
    """The words of each command between `&&`. Raises ValueError for a quote that is not closed."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&")
    lexer.whitespace_split = True
    lexer.commenters = ""
    found: list[list[str]] = [[]]
    for word in lexer:
        if word == "&&":
            found.append([])
        else:
            found[-1].append(word)
    return found
