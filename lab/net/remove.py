"""Remove a lab's network from the machine, as root.

Devices' namespaces stay, for whoever made them removes them; what was plugged into them is gone.
"""

from lab.net import kernel, names, steps
from lab.net.backbone import GATE
from lab.params import LabParams


def remove(params: LabParams) -> list[str]:
    """What could not be removed."""
    own = {name for name in kernel.names(names.mark(params)) if names.ours(params, name)}
    return steps.remove(own, names.place(params, GATE))
