"""`waybill token`: tokens for staff and customers, and taking them back."""

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from domain.flows.revoke_access import RevokeAccess, revoke_access
from domain.kernel.actor import SYSTEM, Actor, Role, customer, staff
from domain.kernel.bell import SilentBell
from domain.kernel.errors import MalformedId
from domain.kernel.ids import parse_global_id
from domain.kernel.runner import Runner
from server.auth import Authenticator
from server.database import open_database
from server.migrate import require_migrated
from server.settings import Settings, read_settings

app = typer.Typer(invoke_without_command=True)

# Not the whole settings: whoever takes tokens back needs no key that signs them.
DATABASE_URL: str = Settings.model_fields["database_url"].default

_SECONDS = {"m": 60, "h": 3600, "d": 86400}
_NAME = re.compile(r"[A-Za-z0-9._@-]{1,60}")


@app.callback()
def token(
    context: typer.Context,
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
    if context.invoked_subcommand is not None:
        return
    key = read_settings().signing_key()
    typer.echo(Authenticator(key).issue(_actor(role or [], name, customer_id), expires_in=_duration(expires)))


@app.command()
def revoke(
    name: Annotated[str | None, typer.Option(help="A member of staff, as tokens name them.")] = None,
    customer_id: Annotated[
        str | None, typer.Option("--customer", help="A customer instead, by id: customer_… .")
    ] = None,
    database_url: Annotated[
        str, typer.Option("--database", envvar="WAYBILL_DATABASE_URL", help="The URL of the database.")
    ] = DATABASE_URL,
) -> None:
    """Take back every token that somebody has been given until now, whoever has it and wherever it is.

    Running servers refuse them within seconds, and end what is open. Tokens that are made afterwards are believed.
    Links of an order are closed by the mutation [bold]orderTrackingLinksRevoke[/].
    """
    if (name is None) == (customer_id is None):
        raise typer.BadParameter("say whose: --name NAME, or --customer ID")
    whose = _staff(name) if name is not None else _customer(customer_id or "")
    asyncio.run(_revoke(database_url, whose))
    typer.echo(f"No token of {whose.principal} that was made until now is believed any more.")


async def _revoke(database_url: str, whose: Actor) -> None:
    await require_migrated(database_url)
    async with open_database(database_url):
        await Runner(SilentBell()).run(revoke_access, SYSTEM, RevokeAccess(whose.principal))


def _actor(roles: list[Role], name: str, customer_id: str | None) -> Actor:
    if customer_id is not None:
        if roles:
            raise typer.BadParameter("a token is for a customer or for roles of staff, not for both")
        return _customer(customer_id)
    if not roles:
        raise typer.BadParameter("say for whom: --role SUPPORT, or --customer ID")
    if Role.CUSTOMER in roles:
        raise typer.BadParameter("CUSTOMER is no role of staff: use --customer ID")
    return _staff(name, roles)


def _customer(text: str) -> Actor:
    try:
        return customer(parse_global_id("customer", text))
    except MalformedId as error:
        raise typer.BadParameter(error.message) from None


def _staff(name: str, roles: Sequence[Role] = ()) -> Actor:
    if not _NAME.fullmatch(name):
        raise typer.BadParameter("a name has letters, digits and . _ @ - only, at most 60")
    return staff(name, *roles)


def _duration(text: str) -> timedelta:
    if not re.fullmatch(r"[1-9]\d{0,4}[mhd]", text):
        raise typer.BadParameter(f'"{text}" is not a duration such as 30m, 12h or 30d')
    return timedelta(seconds=int(text[:-1]) * _SECONDS[text[-1]])
