"""Passwords of the database roles: made on first use, kept in one file that only its owner reads."""

import json
import logging
import secrets
from pathlib import Path

from warehouse.files import write_whole

logger = logging.getLogger(__name__)

ROLES = ("postgres", "pipeline", "reader", "agent", "planner", "analyst")


def role_passwords(home: Path) -> dict[str, str]:
    """Returns the passwords by role from `secrets.json` (mode 0600) under the home folder.

    A role that an older file lacks is added to it; the others keep their passwords. A file that is damaged is made
    anew: the embedded server then gets the new passwords when it is next started.
    """
    path = home / "secrets.json"
    known = _known(path)
    missing = [role for role in ROLES if role not in known]
    if missing:
        home.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(known | {role: secrets.token_urlsafe(24) for role in missing}), mode=0o600)
    return _known(path)


def _known(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text()))
    except (ValueError, TypeError):
        logger.warning("%s is damaged and is made anew", path)
        return {}
