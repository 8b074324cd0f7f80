"""Stop everything of this workspace."""

import click

from asty import lab_access, workers
from asty.call import Call, json_option
from asty.drill_folder import marks_of
from asty.drill_marks import let_end
from city.errors import ExitCode
from drs.outside.marker import writes
from lab import lab


@click.command("down")
@json_option
@click.pass_obj
def command(call: Call) -> ExitCode:
    """End the dashboard, the poller, whoever writes marks, and the lab; what was made stays for the next `asty up`.

    Works whatever has become of the city's data. JSON: exit_code.
    """
    with call.screen.step("dashboard and poller down"):
        workers.stop(call.workspace)
        let_end([file for file in marks_of(call.workspace) if writes(file)])
    with call.screen.step("lab down"):
        lab.down(lab_access.params(call.workspace))
    return ExitCode.DONE
