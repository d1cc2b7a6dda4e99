"""Passwords of the database roles and the key of the backups: made on first use, in one file for its owner alone."""

import json
import logging
import secrets
from collections.abc import Sequence
from pathlib import Path

from warehouse.files import write_whole
from warehouse.home import make_home

logger = logging.getLogger(__name__)

ROLES = ("postgres", "pipeline", "reader", "agent", "planner", "analyst")
_SIGNING_KEY = "backups"


def role_passwords(home: Path) -> dict[str, str]:
    """Returns the passwords by role from `secrets.json` (mode 0600) under the home folder.

    A role that an older file lacks is added to it; the others keep their passwords. A file that is damaged is made
    anew: the embedded server then gets the new passwords when it is next started.
    """
    known = _made(home, ROLES)
    return {role: known[role] for role in ROLES}


def signing_key(home: Path) -> bytes:
    """Returns the key with which this home signs its backups, from the same file."""
    return _made(home, (_SIGNING_KEY,))[_SIGNING_KEY].encode()


def known_signing_key(home: Path) -> bytes | None:
    """Returns the key that `signing_key` has made; None where this home never signed a backup."""
    key = _known(home / "secrets.json").get(_SIGNING_KEY)
    return None if key is None else key.encode()


def _made(home: Path, names: Sequence[str]) -> dict[str, str]:
    """Returns all secrets of a home, after those of these names that it lacked were made."""
    path = home / "secrets.json"
    known = _known(path)
    missing = [name for name in names if name not in known]
    if missing:
        make_home(home)
        known |= {name: secrets.token_urlsafe(24) for name in missing}
        write_whole(path, json.dumps(known), mode=0o600)
    return known


def _known(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text()))
    except (ValueError, TypeError):
        logger.warning("%s is damaged and is made anew", path)
        return {}
