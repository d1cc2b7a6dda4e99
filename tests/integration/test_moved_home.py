"""A home that was moved or copied is a home of its own, with all that was in it."""

import shutil
import zipfile

import pytest

from homes import copied_home, rest
from warehouse.opening import open_database
from warehouse.places import moves, settle
from warehouse.settings import load_settings


@pytest.fixture(scope="module")
def moved(finished_home, tmp_path_factory):
    settings = copied_home(finished_home, tmp_path_factory.mktemp("moved") / "home")
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
    assert places["storage_location"].str.startswith(f"file://{moved.home}/").all()
    with zipfile.ZipFile(tmp_path / "backup") as archive:
        kept = {name.split("/")[3] for name in archive.namelist() if name.startswith("home/mlflow/models/")}
    assert len(kept) == len(places)
    assert not (finished_home / "postgres" / "postmaster.pid").exists()


def test_a_backup_that_would_lack_a_model_is_refused(moved, shelfcast, tmp_path):
    shutil.rmtree(next((moved.home / "mlflow" / "models").iterdir()))
    ended = shelfcast(moved, "backup", str(tmp_path / "backup"))
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
