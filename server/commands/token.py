"""`waybill token`: tokens for staff and customers."""

import re
from datetime import timedelta
from typing import Annotated

import typer

from domain.kernel.actor import Actor, Role, customer, staff
from domain.kernel.errors import MalformedId
from domain.kernel.ids import parse_global_id
from server.auth import Authenticator
from server.settings import read_settings

_SECONDS = {"m": 60, "h": 3600, "d": 86400}
_NAME = re.compile(r"[A-Za-z0-9._@-]{1,60}")


def token(
    role: Annotated[list[Role] | None, typer.Option(help="A role of a member of staff; may be repeated.")] = None,
    name: Annotated[str, typer.Option(help="Who: stands in audit records, as staff:NAME.")] = "cli",
    customer_id: Annotated[
        str | None, typer.Option("--customer", help="A customer instead, by id: customer_… .")
    ] = None,
    expires: Annotated[str, typer.Option(help="For how long: 30m, 12h, 30d.")] = "30d",
) -> None:
    """Print a token. Send it as [bold]Authorization: Bearer …[/]

    It is signed with WAYBILL_SECRET, or with the secret beside the SQLite database.
    """
    key = read_settings().signing_key()
    typer.echo(Authenticator(key).issue(_actor(role or [], name, customer_id), expires_in=_duration(expires)))


def _actor(roles: list[Role], name: str, customer_id: str | None) -> Actor:
    if customer_id is not None:
        if roles:
            raise typer.BadParameter("a token is for a customer or for roles of staff, not for both")
        try:
            return customer(parse_global_id("customer", customer_id))
        except MalformedId as error:
            raise typer.BadParameter(error.message) from None
    if not roles:
        raise typer.BadParameter("say for whom: --role SUPPORT, or --customer ID")
    if Role.CUSTOMER in roles:
        raise typer.BadParameter("CUSTOMER is no role of staff: use --customer ID")
    if not _NAME.fullmatch(name):
        raise typer.BadParameter("a name has letters, digits and . _ @ - only, at most 60")
    return staff(name, *roles)


def _duration(text: str) -> timedelta:
    if not re.fullmatch(r"[1-9]\d{0,4}[mhd]", text):
        raise typer.BadParameter(f'"{text}" is not a duration such as 30m, 12h or 30d')
    return timedelta(seconds=int(text[:-1]) * _SECONDS[text[-1]])
