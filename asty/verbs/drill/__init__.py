"""Recovery: is the other site ready, what is done when it has to take over, and how far is that?"""

import click

from asty.commands import Commands


@click.group("drill", cls=Commands, package=__name__)
def command() -> None:
    """Rehearse the loss of the data centre: is the recovery site ready for it, what is done when, and how far is it?"""
