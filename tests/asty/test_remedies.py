"""What asty advises loses nothing: every remedy in the code is read, and each word that could destroy is explained."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("asty", "city", "drs", "infra", "monitoring", "network", "platforms", "snmp")
DESTROYS = re.compile(
    r"\b(cancel|delete|destroy|drop|empty|erase|forget|overwrite|purge|recreate|reformat|release|remove|replace|reset|"
    r"rm|shrink|taint|truncate|widen|wipe)\w*\b",
    re.IGNORECASE,
)
ADVICE = re.compile("remed|_release|closing", re.IGNORECASE)
ERRORS = {
    "AstyError",
    "Failed",
    "InvalidInput",
    "NeedsPerson",
    "Refused",
    "Rejected",
    "SessionLost",
    "Unreachable",
    "Unreadable",
    "torn",
}
HARMLESS = {
    "Remove the commas at the ends of the lines.": "characters of a file that asty does not write",
    "Remove one of these dependencies.": "a line of data about two services; both stay",
    "Remove {}.": "a key that a district does not have",
    "Remove it: this file is public.": "a secret that does not belong there",
    "Empty the cell: the radio stays off": "a value that cannot be used anyway",
    "Say why: pulumi config set --path 'asty:release-{}.{}' 'REASON'.": "to somebody who released without a reason",
    "pulumi cancel --stack {}": "a lock, of a run of which a person is sure that it is over",
    "Do not release them": "it says not to",
    "Where their loss is meant, say why": "two runs and a reason, to somebody who took the thing out of the data",
    "Declare it as a flow, or remove it": "one rule by its id, which lets in whom the city does not let in",
    "Apply or drop them first.": "changes that somebody staged on a device and did not apply",
}
"""Parts of remedies in which such a word loses nothing that anybody needs, with the reason."""


Constants = dict[str, ast.expr]


def _text(node: ast.AST, constants: Constants) -> str:
    """Of a string, of one with values in it (`{}` for each), of several, or of what has a name in the module."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part, constants) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.BinOp(left=left, right=right):
            return _text(left, constants) + _text(right, constants)
        case ast.IfExp(body=body, orelse=other):
            return f"{_text(body, constants)} / {_text(other, constants)}"
        case ast.Name(id=name) if name in constants:
            return _text(constants[name], constants)
    return ""


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _advice(tree: ast.AST) -> Iterator[ast.AST]:
    """Third words of our errors and defects, what is called a remedy, and what functions of such a name return."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from node.args[2:3] if _name(node) in ERRORS | {"defect", "add"} else []
            yield from (word.value for word in node.keywords if word.arg == "remedy")
        elif isinstance(node, ast.Assign) and any(ADVICE.search(getattr(one, "id", "")) for one in node.targets):
            yield node.value
        elif isinstance(node, ast.FunctionDef) and ADVICE.search(node.name):
            returned = (one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value is not None)
            yield from (inner for value in returned for inner in ast.walk(value))


def _remedies(tree: ast.Module) -> Iterator[str]:
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    constants = {getattr(target, "id", ""): node.value for node in assigned for target in node.targets}
    yield from (_text(node, constants) for node in _advice(tree))


def remedies() -> list[tuple[str, str]]:
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [(str(path.relative_to(ROOT)), text) for text in _remedies(tree) if " " in text]
    return found


@pytest.mark.slow
def test_there_are_remedies_to_read() -> None:
    assert len(remedies()) > 200


@pytest.mark.parametrize(("place", "text"), sorted({one for one in remedies() if DESTROYS.search(one[1])}))
def test_a_remedy_destroys_nothing(place: str, text: str) -> None:
    assert any(part in text for part in HARMLESS), f"{place} advises what may lose something: {text}"


@pytest.mark.slow
def test_each_exception_is_still_needed() -> None:
    texts = [text for _, text in remedies()]
    assert [part for part in HARMLESS if not any(part in text for text in texts)] == []
