import dataclasses
import inspect
from urllib.parse import parse_qs, urlsplit

import pytest

from warehouse.database import Database, Login
from warehouse.errors import UsageError
from warehouse.opening import locate_database
from warehouse.settings import load_settings


@pytest.fixture
def database() -> Database:
    logins = {"pipeline": Login("owner", "p@ss:/word"), "reader": Login("owner", "x", is_read_only=True)}
    return Database("db.example", 5433, "shop", logins)


def test_a_password_with_special_characters_survives_the_url(database):
    assert database.url("pipeline").startswith("postgresql://owner:p%40ss%3A%2Fword@db.example:5433/shop?")


def test_a_stand_in_for_a_reading_role_opens_read_only_sessions(database):
    assert "default_transaction_read_only%3Don" in database.url("reader")


def test_a_search_path_goes_into_the_url(database):
    assert "search_path%3Dmlflow" in database.url("pipeline", search_path="mlflow")


def test_the_password_is_not_in_the_representation(database):
    assert "p@ss" not in repr(database)


def test_a_database_url_is_taken_apart(tmp_path):
    settings = load_settings(home=tmp_path, database_url="postgresql://a:b%40c@localhost:6000/shop?sslmode=require")
    database = locate_database(settings)
    assert (database.host, database.port, database.name) == ("localhost", 6000, "shop")
    assert database.logins["pipeline"].password == "b@c"
    assert "/shop?sslmode=require&" in database.url("pipeline")


def test_the_options_of_a_database_url_hold_for_every_role_beside_the_limits_of_its_own(database):
    given = "sslmode=require&options=-c%20statement_timeout%3D1h%20-c%20geqo%3Doff"
    database = dataclasses.replace(database, options=given)
    for role, own in (("pipeline", "-c search_path=pg_catalog"), ("reader", "-c statement_timeout=30s")):
        asked = parse_qs(urlsplit(database.url(role)).query)
        assert asked["sslmode"] == ["require"]
        assert asked["options"][0].startswith("-c statement_timeout=1h -c geqo=off -c ")
        assert own in asked["options"][0].removeprefix("-c statement_timeout=1h")


@pytest.mark.parametrize("url", ["mysql://a@b/c", "postgresql://a@b", "nonsense"])
def test_a_url_of_another_database_is_refused_in_one_sentence(tmp_path, url):
    with pytest.raises(UsageError, match="DATABASE_URL is not a Postgres URL"):
        locate_database(load_settings(home=tmp_path, database_url=url))


@pytest.mark.parametrize("name", ["url", "connect", "engine", "read_frame", "snapshot", "dbt_environment"])
def test_nobody_reaches_the_database_without_naming_the_role(name):
    parameters = list(inspect.signature(getattr(Database, name)).parameters.values())
    assert (parameters[1].name, parameters[1].default) == ("role", inspect.Parameter.empty)
