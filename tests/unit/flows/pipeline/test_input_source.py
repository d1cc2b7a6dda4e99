from pathlib import Path
from types import SimpleNamespace

import pytest

from flows.pipeline import input_source
from flows.pipeline.context import Options


@pytest.fixture
def context(tmp_path, monkeypatch):
    monkeypatch.setattr(input_source, "PROJECT_ROOT", tmp_path / "project")
    (tmp_path / "project" / "data" / "raw").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    settings = SimpleNamespace(home=tmp_path / "home", data_dir=None, mapping=None, seed=1)
    return SimpleNamespace(settings=settings, options=Options(), progress=lambda *_: None)


def with_options(context, folder: Path):
    return SimpleNamespace(settings=context.settings, options=Options(data=str(folder)), progress=context.progress)


def test_without_files_the_sample_is_written_once(context, monkeypatch):
    monkeypatch.setattr(input_source, "SAMPLE_SIZE", {"stores": 1, "departments": 2, "weeks": 60})
    folder, kind = input_source.input_folder(context)
    written = (folder / "train.csv").stat().st_mtime_ns
    assert (kind, input_source.input_folder(context)[0]) == ("sample", folder)
    assert (folder / "train.csv").stat().st_mtime_ns == written


def test_files_under_data_raw_come_before_the_sample(context, tmp_path):
    (tmp_path / "project" / "data" / "raw" / "train.csv.gz").touch()
    assert input_source.input_folder(context) == (tmp_path / "project" / "data" / "raw", "files")


@pytest.mark.parametrize("name", ["shelfcast.toml", "sales.parquet", "sales.xlsx", "sales.tsv.gz"])
def test_files_of_any_name_under_data_raw_come_before_the_sample(context, tmp_path, name):
    (tmp_path / "project" / "data" / "raw" / name).touch()
    assert input_source.input_folder(context) == (tmp_path / "project" / "data" / "raw", "files")


def test_a_named_folder_comes_first_and_is_remembered(context, tmp_path):
    named = with_options(context, tmp_path / "mine")
    assert input_source.input_folder(named) == (tmp_path / "mine", "files")
    input_source.remember_folder(named)
    assert input_source.input_folder(context) == (tmp_path / "mine", "files")


def test_the_sample_is_not_remembered(context, monkeypatch):
    monkeypatch.setattr(input_source, "SAMPLE_SIZE", {"stores": 1, "departments": 2, "weeks": 60})
    input_source.remember_folder(context)
    assert not (context.settings.home / "data_folder.txt").exists()


def test_a_named_mapping_is_remembered_with_its_folder(context, tmp_path):
    options = Options(data=str(tmp_path / "mine"), mapping=str(tmp_path / "mine.toml"))
    named = SimpleNamespace(settings=context.settings, options=options, progress=context.progress)
    assert input_source.mapping_file(named) == tmp_path / "mine.toml"
    input_source.remember_folder(named)
    assert input_source.mapping_file(context) == tmp_path / "mine.toml"


def test_a_folder_without_a_mapping_elsewhere_forgets_that_of_another(context, tmp_path):
    options = Options(data=str(tmp_path / "mine"), mapping=str(tmp_path / "mine.toml"))
    named = SimpleNamespace(settings=context.settings, options=options, progress=context.progress)
    input_source.remember_folder(named)
    other = with_options(context, tmp_path / "other")
    assert input_source.mapping_file(other) is None
    input_source.remember_folder(other)
    assert input_source.mapping_file(context) is None
