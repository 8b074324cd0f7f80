"""Every dialect by its family's name, for those who build a device of their own around one."""

from collections.abc import Mapping

from lab.fleet.dialects.dialect import Dialect
from lab.fleet.registry import families

DIALECTS: Mapping[str, Dialect] = {name: family.dialect for name, family in families().items()}
