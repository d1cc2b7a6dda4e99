"""A home that was moved or copied is a home of its own, with all that was in it."""

import shutil
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest

from homes import copied_home, rest
from warehouse.opening import open_database
from warehouse.places import moves, path_under, settle
from warehouse.settings import load_settings


@pytest.fixture(scope="module")
def moved(finished_home, tmp_path_factory):
    settings = copied_home(finished_home, tmp_path_factory.mktemp("moved") / "My Höme")
    yield settings
    rest(settings)


@pytest.fixture
def copied(finished_home, tmp_path_factory):
    settings = copied_home(finished_home, tmp_path_factory.mktemp("copied") / "home")
    yield settings
    rest(settings)


def test_a_moved_home_forecasts_with_its_own_models_and_is_backed_up_whole(moved, finished_home, shelfcast, tmp_path):
    forecast = shelfcast(moved, "forecast")
    assert forecast.returncode == 0, forecast.output
    explained = shelfcast(moved, "explain", "1", "1")
    assert explained.returncode == 0, explained.output
    backup = shelfcast(moved, "backup", str(tmp_path / "backup"))
    assert backup.returncode == 0, backup.output
    places = open_database(moved).read_frame("pipeline", "select storage_location from mlflow.model_versions")
    assert not places.empty
    assert places["storage_location"].str.startswith(f"{moved.home.as_uri()}/").all()
    with zipfile.ZipFile(tmp_path / "backup") as archive:
        kept = {name.split("/")[3] for name in archive.namelist() if name.startswith("home/mlflow/models/")}
    assert len(kept) == len(places)
    assert not (finished_home / "postgres" / "postmaster.pid").exists()


@pytest.mark.parametrize("damage", ["folder", "file", "other"])
def test_a_backup_that_would_lack_a_model_or_hold_another_is_refused(copied, shelfcast, tmp_path, damage):
    folder = next((copied.home / "mlflow" / "models").iterdir())
    if damage == "folder":
        shutil.rmtree(folder)
    (model,) = folder.rglob("model.json") if damage != "folder" else (folder,)
    if damage == "file":
        model.unlink()
    if damage == "other":
        model.write_text("{}")
    ended = shelfcast(copied, "backup", str(tmp_path / "backup"))
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "so a backup would not be whole" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_places_that_a_restore_has_moved_are_not_moved_again(new_database, tmp_path):
    database = new_database("places_tests")
    old, settings = tmp_path / "home", load_settings(home=tmp_path / "home" / "copy")
    with database.connect("pipeline") as connection:
        settle(load_settings(home=old), connection)
        connection.execute(
            "insert into ops.published_artifacts (artifact_name, uri, run_id, fingerprint) values ('x', %s, 'r', 'f')",
            [f"{old}/lake/x"],
        )
        tables = ("ops.home", "ops.published_artifacts")
        for statement in moves((str(old), f"{old}/lake"), (str(settings.home), settings.lake), tables):
            connection.execute(statement)
        for _ in range(2):
            settle(settings, connection)
        assert connection.execute("select uri from ops.published_artifacts").fetchall() == [(f"{settings.lake}/x",)]


@pytest.mark.parametrize(
    ("was", "now"),
    [("/x/home", "/x/My Home"), ("/x/Größe 50%", "/x/home"), ("/x/My Home", "/x/My Home/copy"), ("/ml", "/srv")],
)
def test_places_move_however_they_are_spelled_and_those_beside_the_home_stay(new_database, was, now):
    database = new_database(f"spelled_{abs(hash(was))}")
    uri = f"file://{quote(now)}"
    kept = [f"{was}2/a", f"s3://lake{was}/a", f"file:///other{was}/a", f"{quote(was)}x/a"]
    moved = {f"{was}{was}/a": f"{now}{was}/a", was: now}
    moved |= {f"file://{was}/a": f"{uri}/a", f"file://{quote(was)}/b": f"{uri}/b"}
    with database.connect("pipeline") as connection:
        connection.execute("create table mlflow.experiments (place text, artifact_location text)")
        with connection.cursor() as cursor:
            rows = [(place, place) for place in (*kept, *moved)]
            cursor.executemany("insert into mlflow.experiments values (%s, %s)", rows)
        for statement in moves((was, f"{was}/lake"), (now, f"{now}/lake"), ("mlflow.experiments",)):
            connection.execute(statement)
        found = dict(connection.execute("select place, artifact_location from mlflow.experiments").fetchall())
    assert found == {place: place for place in kept} | moved


@pytest.mark.parametrize("home", ["/x/home", "/x/My Home", "/x/Größe 50%"])
def test_a_place_is_under_a_home_however_it_is_spelled(home):
    for place in (f"{home}/a b", f"file://{home}/a b", f"file://{quote(home)}/a%20b"):
        assert path_under(Path(home), place) == Path(home, "a b")
    for place in (f"{home}2/a", f"file://{quote(home)}2/a", "s3://x/home/a", f"other{home}/a"):
        assert path_under(Path(home), place) is None
