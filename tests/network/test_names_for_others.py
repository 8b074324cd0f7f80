"""Names that scripts outside this repository import; they stay, wherever the code behind them moves."""

from lab.fleet.dialects.known import DIALECTS
from lab.fleet.registry import families
from network.platforms.registry import platform
from platforms.registry import platforms


def test_a_script_finds_the_grammar_of_each_platform_that_is_pushed() -> None:
    pushed = {name: record.grammar for name, record in platforms().items() if record.grammar}
    assert {name: platform(name) for name in pushed} == pushed


def test_a_script_finds_the_dialect_of_each_emulated_family() -> None:
    assert {name: family.dialect for name, family in families().items()} == DIALECTS
