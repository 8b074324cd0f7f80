"""Options that the commands of a drill share, each under one name and with one help."""

from getpass import getuser
from pathlib import Path

import click

by_whom = click.option("--by", default=getuser, help="Your name in the journal; else the one you signed in with.")
which = click.option("--drill", "name", help="Which drill; else the latest.")
why = click.option("--reason", required=True, help="Why, in words that an auditor understands.")
key_of = click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file of your private SSH key; needed where city.yaml names approvers.",
)
