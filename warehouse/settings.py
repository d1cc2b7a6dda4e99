"""Settings, read once at an entry point and passed down as a frozen record."""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.errors import UsageError

PROJECT_ROOT = Path(__file__).resolve().parents[1]

OWN_SERVER = "SHELFCAST_OWN_SERVER"
"""Variable of a shell in which DB_* name the embedded server itself, for plain dbt; they are no setting there."""


class Settings(BaseSettings):
    """Everything that can be set from outside; names are those of the environment, in lower case.

    Values come from the environment, else from `.env`; a key in `.env` that is not known is refused.
    """

    model_config = SettingsConfigDict(
        env_file=PROJECT_ROOT / ".env", frozen=True, extra="forbid", env_ignore_empty=True
    )

    home: Path = Field(PROJECT_ROOT / ".shelfcast", validation_alias="SHELFCAST_HOME")
    data_dir: Path | None = Field(None, validation_alias="SHELFCAST_DATA")
    mapping: Path | None = Field(None, validation_alias="SHELFCAST_MAPPING")
    database_url: SecretStr | None = None
    db_host: str | None = None
    db_port: int = 5432
    db_name: str = "shelfcast"
    db_user: str = "pipeline"
    db_password: SecretStr | None = None
    mlflow_tracking_uri: str | None = None
    gemini_api_key: SecretStr | None = None
    gemini_model: str = "gemini-flash-latest"
    spark_master_url: str = "local[*]"
    lake_uri: str | None = None
    reject_rate_max: float = Field(0.01, ge=0, le=1)
    decimal_mark: Literal[".", ","] | None = None
    seed: int = 20100205
    backtest_origins: int = Field(5, ge=1, le=12)
    explained_pairs: int = Field(3, ge=0, le=100)
    planned_markdowns: bool = False

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the embedded one under `home`."""
        return self.database_url is None and self.db_host is None

    @property
    def lake(self) -> str:
        """Root of the Parquet lake: a folder or a URI on shared storage."""
        return (self.lake_uri or str(self.home / "lake")).rstrip("/")


def load_settings(**overrides: Any) -> Settings:
    """Returns the settings of the environment and `.env`, with overrides on top.

    Raises:
        UsageError: a value or a key is not valid; the sentence names it, never its value.
    """
    # A field with an alias is only known by it: `home` by name would be filled from the variable HOME.
    names = {name: str(field.validation_alias or name) for name, field in Settings.model_fields.items()}
    given: dict[str, Any] = {"db_host": None} if os.environ.get(OWN_SERVER) else {}
    try:
        settings = Settings(**given, **{names[name]: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]).upper() or "settings"
        raise UsageError(
            f"Setting {name} is not valid: {first['msg'].lower()}.", "Fix it in the environment or .env."
        ) from None
    return settings.model_copy(update={"home": settings.home.expanduser().resolve()})
