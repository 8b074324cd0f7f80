from pathlib import Path

import pytest

from tests.docs.console import Command, commands

PAGE = """# A page

```console
$ asty check
cities/example: … devices
$ asty push # exit 1
1 failed
```

```sh
not run
```

```console
$ cat >> data <<'END'
> a: 1
> END
$ asty kpi
```
"""


def test_commands_are_found_with_their_lines(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    assert [(c.line, c.text, c.exit_code, c.says) for c in commands(page)] == [
        (4, "asty check", 0, ("cities/example: … devices",)),
        (6, "asty push", 1, ("1 failed",)),
        (15, "cat >> data <<'END'\na: 1\nEND", 0, ()),
        (18, "asty kpi", 0, ()),
    ]


@pytest.mark.parametrize(
    ("says", "output", "missing"),
    [
        pytest.param(("a … c",), "a b c", None, id="an ellipsis stands for anything on a line"),
        pytest.param(("one", "two"), "one\ntwo\n", None, id="lines in their order"),
        pytest.param(("two", "one"), "one\ntwo\n", "one", id="lines in another order"),
        pytest.param(("1 + 1",), "11", "1 + 1", id="signs are themselves"),
        pytest.param((), "", None, id="nothing promised"),
    ],
)
def test_what_a_page_promises_must_be_said(says: tuple[str, ...], output: str, missing: str | None) -> None:
    command = Command(page=Path("page.md"), line=1, text="x", exit_code=0, says=says)
    assert command.missing(output) == missing
