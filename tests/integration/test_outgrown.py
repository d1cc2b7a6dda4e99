"""The parts of docker-compose.yml as native processes: Spark standalone, MLflow, Prefect and an outside Postgres."""

import contextlib
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pyspark
import yaml

from servers import wait_for
from warehouse.embedded import free_port
from warehouse.opening import open_database
from warehouse.settings import PROJECT_ROOT, Settings, load_settings

BIN = Path(sys.executable).parent


def test_the_compose_file_follows_the_compose_schema():
    checked = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", PROJECT_ROOT / "docker-compose.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_every_service_has_a_health_check_and_listens_on_loopback_only():
    services = yaml.safe_load((PROJECT_ROOT / "docker-compose.yml").read_text())["services"]
    assert set(services) == {"postgres", "mlflow", "prefect", "spark-master", "spark-worker", "worker", "dashboard"}
    for name, service in services.items():
        assert "healthcheck" in service, name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_no_secret_of_a_service_is_in_its_command_or_in_an_address_and_none_has_a_default():
    text = (PROJECT_ROOT / "docker-compose.yml").read_text()
    services = yaml.safe_load(text)["services"]
    assert [name for name, service in services.items() if "PASSWORD" in str(service.get("command", ""))] == []
    assert re.findall(r"://\S*PASSWORD\S*@", text) == []
    assert set(re.findall(r"\$\{\w*PASSWORD\S*", text)) == {"${DB_PASSWORD:?set"}
    assert not re.search(r"^[^#\n]*PASSWORD=", (PROJECT_ROOT / ".env.example").read_text(), re.MULTILINE)


def test_every_service_has_time_to_stop_and_every_image_from_elsewhere_is_named_by_its_content():
    services = yaml.safe_load((PROJECT_ROOT / "docker-compose.yml").read_text())["services"]
    assert {name for name, service in services.items() if "stop_grace_period" not in service} == set()
    foreign = [service["image"] for service in services.values() if "build" not in service]
    foreign += re.findall(r"^FROM (\S+)", (PROJECT_ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(foreign) == 2
    for image in foreign:
        assert re.search(r":[\w.-]+@sha256:[0-9a-f]{64}$", image), image


def test_the_names_of_the_example_environment_are_settings():
    names = {
        line.lstrip("# ").partition("=")[0]
        for line in (PROJECT_ROOT / ".env.example").read_text().splitlines()
        if "=" in line and line.lstrip("# ").partition("=")[0].isupper()
    }
    known = {(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()}
    assert names <= known
    assert {"DATABASE_URL", "MLFLOW_TRACKING_URI", "GEMINI_API_KEY", "SPARK_MASTER_URL", "LAKE_URI"} <= names


@contextlib.contextmanager
def process(arguments: list[str], log: Path, address: str, **environment: str) -> Iterator[None]:
    """Runs a server until the block ends; enters the block once its address answers."""
    with log.open("wb") as output:
        server = subprocess.Popen(arguments, stdout=output, stderr=output, env={**os.environ, **environment})
    try:
        wait_for(address, server, log)
        yield
    finally:
        server.terminate()
        server.wait(20)


@contextlib.contextmanager
def spark_cluster(settings: Settings) -> Iterator[str]:
    """A master and a worker on loopback; gives the master's URL."""
    from spark_jobs.java import find_java

    java, spark_home = find_java(settings).home, Path(pyspark.__file__).parent
    environment = {
        "JAVA_HOME": str(java),
        "SPARK_HOME": str(spark_home),
        "SPARK_WORKER_DIR": str(settings.home / "work"),
    }
    port, pages, worker_pages = free_port(), free_port(), free_port()
    url, program = f"spark://127.0.0.1:{port}", str(spark_home / "bin" / "spark-class")
    master = [program, "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port)]
    worker = [program, "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "2", "--memory", "1g"]
    logs = settings.home / "logs"
    with (
        process([*master, "--webui-port", str(pages)], logs / "master.log", f"http://127.0.0.1:{pages}", **environment),
        process(
            [*worker, "--webui-port", str(worker_pages), url],
            logs / "worker.log",
            f"http://127.0.0.1:{worker_pages}",
            **environment,
        ),
    ):
        yield url


def test_a_run_works_on_servers_of_its_own(
    tmp_path, sample_folder, shelfcast_process, commands, outside_database, monkeypatch
):
    settings = load_settings(home=tmp_path / "home", database_url=outside_database)
    (settings.home / "logs").mkdir(parents=True)
    port = free_port()
    mlflow_address = f"http://127.0.0.1:{port}"
    mlflow = [str(BIN / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    mlflow += ["--backend-store-uri", f"sqlite:///{tmp_path}/mlflow.db"]
    mlflow += ["--artifacts-destination", str(tmp_path / "artifacts")]
    log = settings.home / "logs" / "mlflow.log"
    with (
        spark_cluster(settings) as master,
        process(mlflow, log, f"{mlflow_address}/health", MLFLOW_DISABLE_TELEMETRY="true"),
    ):
        for name, value in {
            "SPARK_MASTER_URL": master,
            "MLFLOW_TRACKING_URI": mlflow_address,
            "PREFECT_API_URL": commands.prefect,
            "DATABASE_URL": outside_database,
            "LAKE_URI": str(tmp_path / "lake"),
            "BACKTEST_ORIGINS": "1",
            "EXPLAINED_PAIRS": "1",
        }.items():
            monkeypatch.setenv(name, value)
        ended = shelfcast_process(settings, "run", "--data", str(sample_folder))
        assert ended.returncode == 0, ended.stdout + ended.stderr
    database = open_database(settings)
    assert database.read_frame("reader", "select count(*) as n from marts.latest_forecasts").loc[0, "n"] > 0
    assert list((tmp_path / "artifacts").rglob("MLmodel"))
    assert list((tmp_path / "lake" / "features").rglob("*.parquet"))
    assert state_of_flow_run(commands.prefect, (settings.home / "logs" / "shelfcast.log").read_text()) == "COMPLETED"
    assert "p@ss word" not in ended.stdout + ended.stderr


def state_of_flow_run(prefect: str, log: str) -> str:
    """Returns how a Prefect server says the run ended whose beginning is in a log."""
    (name,) = re.findall(r"Beginning flow run '([\w-]+)'", log)
    asked = json.dumps({"flow_runs": {"name": {"any_": [name]}}}).encode()
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{prefect}/flow_runs/filter", asked, headers)) as answer:
        (run,) = json.load(answer)
    return str(run["state_type"])
