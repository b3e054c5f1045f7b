"""`peduli webhook`: a city's WhatsApp or SMS gateway is told of each step of a packet. By default nobody is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from peduli.tables import show

if TYPE_CHECKING:
    from shared.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Where a city is told of a packet's steps: its WhatsApp or SMS gateway.")

Name = Annotated[str, typer.Argument(help="how you call it: whatsapp")]
City = Annotated[str, typer.Option(envvar="PEDULI_TENANT", help="city code")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DEPOK = "3276"


def _settings() -> Settings:
    from shared.settings import Settings

    return Settings()


@app.command()
def add(
    name: Name,
    url: Annotated[str, typer.Argument(help="where messages are posted: https://gateway.depok.go.id/peduli")],
    city: City = DEPOK,
    step: Annotated[
        list[str] | None, typer.Option(help="planned, on_the_way, delivered or failed; again for more; all without it")
    ] = None,
) -> None:
    """Attach a receiver, or change it, and print the secret of its signatures: it is shown once."""
    from services.distribution.cli.webhooks import STEPS, add_webhook

    wanted = [known for known in STEPS if not step or known in step]
    if step and len(wanted) != len(set(step)):
        raise typer.BadParameter(f"one of: {', '.join(STEPS)}", param_hint="--step")
    settings = _settings()
    key = settings.seal_key.get_secret_value().encode()
    print(add_webhook(settings.database_url, city, name, url, wanted, key))


@app.command("list")
def list_(
    city: City = DEPOK,
    given_up: Annotated[bool, typer.Option("--given-up", help="The messages that nobody tries any more.")] = False,
    as_json: Json = False,
) -> None:
    """Receivers with how many messages wait for each and how many were given up."""
    from services.distribution.cli.webhooks import list_given_up, list_webhooks

    show((list_given_up if given_up else list_webhooks)(_settings().database_url, city), as_json)


@app.command()
def remove(name: Name, city: City = DEPOK) -> None:
    """Tell a receiver nothing any more, nor what waits for it."""
    from services.distribution.cli.webhooks import remove_webhook

    remove_webhook(_settings().database_url, city, name)
    print(f"{name}: removed")


@app.command()
def retry(name: Name, city: City = DEPOK) -> None:
    """Try messages that were given up anew, after their receiver was mended."""
    from services.distribution.cli.webhooks import retry_webhook

    print(f"{retry_webhook(_settings().database_url, city, name)} messages are tried again")


@app.command()
def discard(name: Name, city: City = DEPOK) -> None:
    """Forget messages that were given up: what they tell is old, and the household knows better by now."""
    from services.distribution.cli.webhooks import discard_webhook

    print(f"{discard_webhook(_settings().database_url, city, name)} messages are forgotten")
