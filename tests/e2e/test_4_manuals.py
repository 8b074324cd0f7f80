"""Each manual, run from its first command to its last by somebody who reads nothing else."""

import re
from pathlib import Path

import pytest

from tests.docs.console import Command, commands
from tests.e2e.operator import REPOSITORY, Operator

PAGES = tuple(REPOSITORY / "docs" / f"{name}.md" for name in ("quickstart", "operator", "network-engineer", "on-call"))


@pytest.mark.lab
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_manual(city_up: Operator, city_data: Path, page: Path) -> None:
    assert city_data == city_up.city
    for command in commands(page):
        follow(city_up, command)


def follow(operator: Operator, command: Command) -> None:
    where = f"{command.page.name}:{command.line}"
    said = operator.shell(command.text, code=None)
    assert said.code == command.exit_code, f"{where}: ended with {said.code}\n{said.out}\n{said.err}"
    missing = command.missing(said.out + said.err)
    assert missing is None, f"{where}: does not say {missing!r} but\n{said.out}\n{said.err}"


def test_pages_have_commands_and_links_that_lead_somewhere() -> None:
    for page in (*PAGES, REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"
    assert all(list(commands(page)) for page in PAGES)
