"""Settings of every process, read from the environment with prefix `PEDULI_`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What a service needs to know about the world it runs in."""

    model_config = SettingsConfigDict(env_prefix="PEDULI_", env_file=None)

    amqp_url: str = Field("amqp://guest:guest@127.0.0.1:5672/", description="RabbitMQ, as an AMQP URL")
    database_url: str = Field(
        "postgresql://postgres@127.0.0.1:5432/postgres", description="This service's own Postgres URL"
    )
    tenant: str = Field("3276", description="City of a request that names none, and of `migrate`; Depok is 3276")
    hash_key: SecretStr = Field(description="Key of the HMAC that turns a NIP into a buyer_key")
    seal_key: SecretStr = Field(description="Key that seals personal data and raw bodies at rest")
    shards: int = Field(
        1,
        ge=1,
        le=64,
        description="Event queues per service, the same for all; 1 is enough for a city. To have more, set it, "
        "run `peduli topology apply`, start the services anew; never fewer: what is bound would have no reader",
    )
    batch_size: int = Field(2000, ge=1, le=2000, description="Messages handled in one transaction")
    linger_ms: int = Field(20, ge=0, le=1000, description="Milliseconds of quiet that end a batch before it is full")
    statement_seconds: float = Field(30, gt=0, description="Seconds after which a statement to Postgres is given up")
    stuck_seconds: float = Field(30, gt=0, description="Seconds without progress after which /readyz says no")
    http_host: str = Field("127.0.0.1", description="Address the HTTP door listens on")
    http_port: int = Field(0, ge=0, le=65535, description="Port of the HTTP door; 0 takes a free one")
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Addresses and networks (10.0.0.0/8), with commas, of reverse proxies: whose `X-Forwarded-For` is "
        "believed. A visitor behind any other has that proxy's address, and shares its limits with all behind it",
    )
    broker_stamps: bool = Field(
        False,
        description="The broker writes into each message when it came: a pledge is then late by that moment, not by "
        "when its turn came. Only with `message_interceptors.incoming.set_header_timestamp.overwrite = true` in "
        "rabbitmq.conf (RabbitMQ 3.12 or newer): without that line a sender could write the moment itself",
    )
    open_doors: bool = Field(
        False, description="HTTP without a token is let in as anybody: for demo, dev and tests, on loopback only"
    )


class Operations(BaseSettings):
    """What the commands for people need beside `Settings`."""

    model_config = SettingsConfigDict(env_prefix="PEDULI_", env_file=None)

    purchases_url: str = Field("http://127.0.0.1:8001", description="HTTP door of purchases, for the commands")
    distribution_url: str = Field("http://127.0.0.1:8002", description="HTTP door of distribution, for the commands")
    reporting_url: str = Field("http://127.0.0.1:8003", description="HTTP door of reporting, for the commands")
    servers: Literal["auto", "machine", "docker"] = Field(
        "auto",
        description="Servers of demo, dev, tests: auto (the machine's, else Docker's, else apt's), machine or docker",
    )
    management_url: SecretStr | None = Field(
        None, description="RabbitMQ's management API with an admin's name and password: it makes users"
    )
    token: SecretStr | None = Field(None, description="Token of a reader, for `peduli trace`")
    password_purchases: SecretStr | None = Field(None, description="Password that `migrate` gives peduli_purchases")
    password_distribution: SecretStr | None = Field(
        None, description="Password that `migrate` gives peduli_distribution"
    )
    password_facts: SecretStr | None = Field(None, description="Password that `migrate` gives peduli_facts")

    @property
    def urls(self) -> dict[str, str]:
        """The HTTP doors by service."""
        return {"purchases": self.purchases_url, "distribution": self.distribution_url, "reporting": self.reporting_url}

    @property
    def passwords(self) -> dict[str, str] | None:
        """The roles' passwords by schema; None unless all three are given."""
        given = {
            "purchases": self.password_purchases,
            "distribution": self.password_distribution,
            "facts": self.password_facts,
        }
        found = {schema: password.get_secret_value() for schema, password in given.items() if password}
        return found if len(found) == len(given) else None
