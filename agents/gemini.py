"""Gemini through CrewAI, and what can go wrong with it, each failure put in a few words that hold no secret."""

import logging
from typing import TYPE_CHECKING, Any

from warehouse.settings import Settings

if TYPE_CHECKING:
    from pydantic import SecretStr

TIMEOUT_SECONDS = 30.0
"""Seconds that one answer of the model may take."""

TEMPERATURE = 0.2


class ModelRefusalError(ValueError):
    """The model answered, but not with what it was asked for: no look at the data, or no words."""


def gemini_model(settings: Settings) -> Any:
    """Returns Gemini as a CrewAI model; call it only where a key is set and CrewAI is loaded.

    CrewAI reads from a model's name whether it can call functions, and does not know the names without a version, such
    as `gemini-flash-latest`: all of these can.
    """
    from crewai import LLM
    from google.genai.types import HttpOptions

    assert settings.gemini_api_key is not None
    model = LLM(
        model=f"gemini/{settings.gemini_model}",
        api_key=settings.gemini_api_key.get_secret_value(),
        temperature=TEMPERATURE,
        use_vertexai=False,
        client_params={"http_options": HttpOptions(timeout=int(1000 * TIMEOUT_SECONDS))},
    )
    model.supports_tools = True
    return model


def failure_reason(error: BaseException) -> str:
    """Returns why the model failed, in words of our own: a message of the server might hold anything, the key too."""
    reasons = (_own_reason(cause) for cause in _causes(error))
    return next((reason for reason in reasons if reason), "its answer can't be read")


def _causes(error: BaseException | None) -> list[BaseException]:
    """Returns an error and what led to it, each once: such chains may run in a circle."""
    chain: list[BaseException] = []
    while error is not None and not any(error is known for known in chain):
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def _own_reason(error: BaseException) -> str:
    from google.genai.errors import APIError
    from httpx import HTTPError, TimeoutException

    if isinstance(error, APIError):
        known = {429: "its rate limit is reached", 401: "it refuses the key", 403: "it refuses the key"}
        return f"{known.get(error.code, 'it answered with an error')} ({error.code})"
    if isinstance(error, (TimeoutError, TimeoutException)):
        return "it took too long to answer"
    if isinstance(error, ModelRefusalError):
        return "it did not do what it was asked"
    return "it can't be reached" if isinstance(error, (HTTPError, OSError)) else ""


_kept_out: set[str] = set()


def keep_out_of_logs(secret: "SecretStr") -> None:
    """Keeps a secret out of everything that this process logs from now on, the libraries' own messages included."""
    value = secret.get_secret_value()
    if value in _kept_out:
        return
    _kept_out.add(value)
    previous = logging.getLogRecordFactory()

    def redacted(*arguments: Any, **options: Any) -> logging.LogRecord:
        return _redacted(previous(*arguments, **options), value)

    logging.setLogRecordFactory(redacted)


def _redacted(record: logging.LogRecord, value: str) -> logging.LogRecord:
    try:
        message = record.getMessage()
    except (TypeError, ValueError):  # the caller's arguments do not fit its message: logging itself reports that
        return record
    if value in message:
        record.msg, record.args = message.replace(value, "[secret]"), ()
    if record.exc_info and record.exc_info[0] is not None:
        trace = logging.Formatter().formatException(record.exc_info)
        if value in trace:
            record.exc_info, record.exc_text = None, trace.replace(value, "[secret]")
    return record
