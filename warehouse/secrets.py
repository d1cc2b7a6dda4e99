"""Passwords of the database roles: made on first use, kept in one file that only its owner reads."""

import json
import os
import secrets
from pathlib import Path

ROLES = ("postgres", "pipeline", "reader", "agent", "planner", "analyst")


def role_passwords(home: Path) -> dict[str, str]:
    """Returns the passwords by role from `secrets.json` (mode 0600) under the home folder.

    A role that an older file lacks is added to it; the others keep their passwords.
    """
    path = home / "secrets.json"
    known = dict(json.loads(path.read_text())) if path.exists() else {}
    missing = [role for role in ROLES if role not in known]
    if missing:
        home.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
            json.dump(known | {role: secrets.token_urlsafe(24) for role in missing}, handle)
        new.rename(path)
    return dict(json.loads(path.read_text()))
