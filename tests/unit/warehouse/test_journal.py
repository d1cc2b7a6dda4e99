import json
import logging
import sys

from warehouse.journal import Redacting, redact
from warehouse.secrets import ROLES, role_passwords


def test_the_password_of_a_url_is_taken_out():
    assert redact("cannot reach postgresql://me:hunter2@host/db") == "cannot reach postgresql://me:***@host/db"


def test_a_known_secret_is_taken_out_wherever_it_stands_also_in_a_traceback():
    try:
        raise ConnectionError("postgresql://me:hunter2@host/db refuses abcd1234")
    except ConnectionError:
        record = logging.LogRecord("x", logging.INFO, "f", 1, "key %s refused", ("abcd1234",), sys.exc_info())
    text = Redacting(("abcd1234",)).format(record)
    assert "key *** refused\nTraceback" in text
    assert "ConnectionError: postgresql://me:***@host/db refuses ***" in text
    assert "abcd1234" not in text


def test_passwords_are_made_once_and_only_their_owner_reads_them(tmp_path):
    first = role_passwords(tmp_path)
    assert role_passwords(tmp_path) == first
    assert len(set(first.values())) == len(ROLES)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_role_that_an_older_file_lacks_is_added_and_the_others_keep_their_passwords(tmp_path):
    (tmp_path / "secrets.json").write_text(json.dumps({"postgres": "p", "pipeline": "q"}))
    passwords = role_passwords(tmp_path)
    assert (passwords["postgres"], passwords["pipeline"]) == ("p", "q")
    assert set(passwords) == set(ROLES)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
