"""What the example city's rules say, for tests that begin with them."""

from pathlib import Path
from typing import Any

from city.load import load
from city.load.defects import Defects
from city.model.city import City
from monitoring.coverage.share import CoverageRule
from monitoring.figures.declaration import declaration
from monitoring.figures.registry import indicators

EXAMPLE = load(Path(__file__).parents[2] / "cities" / "example")


def rule_of(city: City, promise_id: str) -> Any:  # noqa: ANN401 - each indicator's own kind of rule
    defects = Defects()
    rule = indicators()[promise_id].read(declaration(city.promise(promise_id), city.folder, defects))
    defects.raise_if_any()
    return rule


RULE: CoverageRule = rule_of(EXAMPLE, "wireless-coverage")
