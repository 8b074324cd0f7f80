from tests.bench.__main__ import MACHINE, written

PAGE = f"# Benchmarks\n\npairs\n\n## One\n\nold\n\n## Two\n\nold\n\n{MACHINE}\n\n2 cores\n"


def test_a_part_that_was_measured_again_takes_the_place_of_its_old_figures_alone() -> None:
    assert written("## One\n\nnew\n\n", PAGE) == PAGE.replace("## One\n\nold", "## One\n\nnew")


def test_a_part_that_the_page_did_not_have_comes_last_before_the_machine() -> None:
    page = written("## Three\n\nnew\n\n", PAGE)
    assert page == PAGE.replace(MACHINE, f"## Three\n\nnew\n\n{MACHINE}")
    assert written("## Three\n\nnew\n\n", page) == page
    assert written("## Two\n\nnew\n", "# Benchmarks\n") == "# Benchmarks\n## Two\n\nnew\n"
