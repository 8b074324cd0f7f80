"""What a copy says on its console, as consoles mix it up and cut it."""

import json

from drs.rehearsal.told import told_on

SAID = {"token": "t1", "rows": {"public.marks": 7}, "timeline": 2, "kept": True, "written_s": 3.5}


OTHER = 'rehearsal: {"token": "t0", "rows": {}}'


def line(**changed: object) -> str:
    return f"rehearsal: {json.dumps({**SAID, **changed})}"


def test_the_last_line_of_the_token_counts_among_what_a_host_says_while_it_boots() -> None:
    console = f"[ 0.1] Linux\r\n{OTHER}\r\nfirst boot: done\n{line(timeline=1)}\n{line()}\r\nlogin: "
    found = told_on(console, "t1")
    assert found is not None
    assert (found.timeline, found.rows, found.kept, found.problem) == (2, {"public.marks": 7}, True, "")


def test_what_is_cut_or_of_another_or_no_json_is_not_said() -> None:
    for console in ("", line()[:-2], OTHER, "rehearsal: {nonsense}", "rehearsal: [1]", "rehearsal: {}"):
        assert told_on(console, "t1") is None, console


def test_a_later_program_may_say_more_than_is_known_here() -> None:
    found = told_on(line(colour="blue"), "t1")
    assert found is not None and found.written_s == 3.5
