"""What each grammar promises (platforms.grammar.protocol), as assertions that every platform's test makes."""

from network.diff import compare
from platforms.grammar.configuration import Configuration
from platforms.grammar.protocol import Grammar


def brings_there_and_touches_nothing_else(
    grammar: Grammar, before: Configuration, intended: Configuration, strange: Configuration
) -> None:
    """From `before` among `strange` lines, which are not ours, to `intended`."""
    running = Configuration({h: before.lines(h) | strange.lines(h) for h in {**before.sections, **strange.sections}})
    difference = compare(grammar, running, intended)
    after = grammar.after(running, difference.lines)
    assert grammar.managed(after, intended) == intended
    for header, found in strange.sections.items():
        assert header in after.sections
        assert found <= after.lines(header), "what is not ours is as it was"
    assert not compare(grammar, after, intended), "a second push finds nothing to do"
    assert bool(difference) == bool(difference.lines), "there are lines exactly where something differs"


def leads_back(grammar: Grammar, before: Configuration, intended: Configuration) -> None:
    ours = grammar.managed(before, intended)
    after = grammar.after(before, grammar.remedy(ours, intended))
    back = grammar.after(after, grammar.remedy(grammar.managed(after, intended), ours))
    assert grammar.managed(back, intended) == ours


def reads_what_it_writes(grammar: Grammar, drawn: Configuration) -> None:
    if any(drawn.sections.values()):
        assert grammar.parse(grammar.render(drawn)) == drawn
