"""The Spark configuration, without starting Spark."""

from pathlib import Path

import pytest

from spark_jobs.java import VECTOR_MODULE, probe
from spark_jobs.session import is_on_this_machine, spark_options
from warehouse.settings import load_settings


@pytest.mark.parametrize(
    "master", ["local", "local[*]", "local[2]", "spark://127.0.0.1:7077", "spark://localhost:7077"]
)
def test_a_master_on_this_machine_is_reached_on_loopback_only(master: str, tmp_path: Path):
    options = spark_options(load_settings(home=tmp_path, spark_master_url=master))
    assert is_on_this_machine(master)
    assert options["spark.driver.host"] == options["spark.driver.bindAddress"] == "127.0.0.1"


@pytest.mark.parametrize("master", ["spark://spark-master:7077", "yarn", "k8s://https://cluster:6443"])
def test_a_master_elsewhere_can_reach_the_driver(master: str, tmp_path: Path):
    assert "spark.driver.host" not in spark_options(load_settings(home=tmp_path, spark_master_url=master))


def test_times_are_utc_and_nothing_is_served_or_drawn(tmp_path: Path):
    options = spark_options(load_settings(home=tmp_path))
    assert options["spark.sql.session.timeZone"] == "UTC"
    assert options["spark.ui.enabled"] == options["spark.ui.showConsoleProgress"] == "false"


def test_a_home_with_blanks_in_its_name_stays_one_option(tmp_path: Path):
    options = spark_options(load_settings(home=tmp_path / "my home"))["spark.driver.extraJavaOptions"]
    assert f'"-Djava.io.tmpdir={tmp_path}/my home/tmp"' in options
    assert "my%20home" in options


def test_java_compiles_further_only_where_there_are_many_rows(tmp_path: Path):
    few, many = (
        spark_options(load_settings(home=tmp_path), rows)["spark.driver.extraJavaOptions"]
        for rows in (400_000, 5_000_000)
    )
    assert "TieredStopAtLevel=1" in few
    assert many == few.replace(" -XX:TieredStopAtLevel=1", "")


def fake_java(home: Path, version: str, code: int = 0) -> Path:
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(
        f'#!/bin/sh\n[ "$1" = {VECTOR_MODULE} ] || exit 3\n'
        f'echo "    java.specification.version = {version}" >&2\nexit {code}\n'
    )
    program.chmod(0o755)
    return home


@pytest.mark.parametrize("version", ["17", "21", "25"])
def test_java_from_17_on_is_taken(tmp_path: Path, version: str):
    java = probe(fake_java(tmp_path / version, version))
    assert java is not None
    assert (java.home, java.version) == (tmp_path / version, int(version))


@pytest.mark.parametrize(("version", "code"), [("11", 0), ("1.8", 0), ("17", 1)])
def test_an_old_or_failing_java_is_passed_over(tmp_path: Path, version: str, code: int):
    assert probe(fake_java(tmp_path / f"{version}-{code}", version, code)) is None


def test_a_folder_without_java_is_passed_over(tmp_path: Path):
    assert probe(tmp_path) is None
