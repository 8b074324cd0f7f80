"""What must agree across the files of a city."""

from city.load.addressing import check_addressing
from city.load.declared import Declared
from city.load.defects import Defects
from city.load.dependencies import check_dependencies
from city.load.identity import check_identity
from city.load.keeping_rules import check_keeping
from city.load.positions import check_positions
from city.load.references import check_references
from city.load.roles import check_roles


def check(declared: Declared, defects: Defects) -> None:
    """Every rule, on whatever could be read; a field already known to be wrong breaks no second rule."""
    check_identity(declared)
    check_references(declared)
    check_roles(declared, defects)
    check_addressing(declared)
    check_positions(declared, defects)
    check_dependencies(declared.services)
    check_keeping(declared)
