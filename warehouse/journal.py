"""Logging: one set-up, one line a step, no secret ever."""

import logging
import logging.handlers
import re
import sys

from warehouse.settings import Settings

_URL_PASSWORD = re.compile(r"(\w+://[^:/\s@]*:)[^@\s]+@")


class Redacting(logging.Formatter):
    """Writes records without secrets, also in tracebacks: the passwords in URLs and every known secret value."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = tuple(secret for secret in secrets if len(secret) > 3)

    def format(self, record: logging.LogRecord) -> str:
        """Returns the text of a record, traceback and all."""
        return redact(super().format(record), self._secrets)


class LogFile(logging.handlers.RotatingFileHandler):
    """A log file that a full disk silences: the command itself says that the disk is full."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Reports what went wrong in writing a line, a failure of the disk aside."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def redact(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Returns the text with the passwords of URLs and the given secrets replaced by asterisks."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return _URL_PASSWORD.sub(r"\1***@", text)


def known_secrets(settings: Settings) -> tuple[str, ...]:
    """Returns the secret values that came in through the settings."""
    values = (settings.database_url, settings.db_password, settings.gemini_api_key)
    return tuple(value.get_secret_value() for value in values if value is not None)


def configure_logging(settings: Settings, level: int = logging.INFO) -> None:
    """Sends the project's log to `logs/shelfcast.log` under the home folder, ten files of 2 MB at most."""
    folder = settings.home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    handler = LogFile(folder / "shelfcast.log", maxBytes=2_000_000, backupCount=9)
    handler.setFormatter(Redacting(known_secrets(settings)))
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h, logging.handlers.RotatingFileHandler)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    for package in ("warehouse", "spark_jobs", "expectations", "ml", "agents", "flows", "streamlit_app"):
        logging.getLogger(package).setLevel(level)
