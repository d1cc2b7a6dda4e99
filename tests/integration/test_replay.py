"""The verb replay on a finished run: files, the record of the run, and refusals."""

import pandas as pd

from warehouse.opening import open_database
from warehouse.settings import PROJECT_ROOT

SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "inventory_policies.csv"


def test_a_replay_prints_and_writes_how_the_policies_fared_and_refuses_what_it_cannot_do(finished_run, shelfcast):
    ended = shelfcast(
        finished_run, "replay", "--weeks", "26", "--seeds", "2", "--baselines", "naive,cover", "--policy", str(SEED)
    )
    assert ended.returncode == 0, ended.stderr
    for words in (
        "equal average stock",
        "seasonal naive",
        "Stock positions are simulated",
        "uncensored",
        "the champion (",
        "need no person",
        "policies as they are",
        "Next:",
    ):
        assert words in ended.stdout
    frame = pd.read_csv(finished_run.home / "reports" / "replay.csv")
    own = {"shelfcast", "shelfcast_by_size"}
    assert set(frame["policy"]) == {*own, "naive", "cover", "published", "inventory_policies.csv"}
    same = frame[frame["row_kind"] == "policies"].groupby("store_type", dropna=False)["profit_amount"].nunique()
    assert (same == 1).all()
    departments = frame[(frame["row_kind"] == "equal_stock") & frame["product_code"].notna()]
    assert departments["product_code"].nunique() > 1
    kept = list((finished_run.home / "cache").glob("replay_forecasts_*.npy"))
    assert len(kept) == 1
    assert "Replayed 26 weeks" in (finished_run.home / "reports" / "replay.md").read_text()
    assert (finished_run.home / "reports" / "replay.png").stat().st_size > 10_000

    censored = shelfcast(
        finished_run,
        "replay",
        "--weeks",
        "8",
        "--seeds",
        "1",
        "--baselines",
        "cover",
        "--censored",
        "--lead-time",
        "fixed",
    )
    assert censored.returncode == 0, censored.stderr
    assert "learns only from what it sold itself (censored)" in censored.stdout
    assert "2 in 100.0 %" in censored.stdout

    calibrated = shelfcast(finished_run, "replay", "--weeks", "26", "--calibration")
    assert calibrated.returncode == 0, calibrated.stderr
    table = pd.read_csv(finished_run.home / "reports" / "calibration.csv")
    assert table.groupby("lead_time")["target_rate"].apply(list).to_dict() == {
        "fixed": [0.8, 0.9, 0.95, 0.98],
        "random": [0.8, 0.9, 0.95, 0.98],
    }
    assert table.filter(like="covered").apply(lambda column: column.between(0, 1).all()).all()

    before = (finished_run.home / "reports" / "replay.csv").read_bytes()
    typo = finished_run.home / "typo.csv"
    typo.write_text(SEED.read_text().replace("pack_size_amount", "pack_sise_amount"))
    missing = shelfcast(finished_run, "replay", "--policy", str(typo))
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)
    assert "did you mean pack_size_amount?" in missing.stderr
    assert (finished_run.home / "reports" / "replay.csv").read_bytes() == before

    wrong = shelfcast(finished_run, "replay", "--baselines", "magic")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "There is no baseline 'magic'. Choose from cover, naive, minmax" in wrong.stderr
    short = shelfcast(finished_run, "replay", "--weeks", "100")
    assert (short.returncode, short.stderr.count("\n")) == (1, 1)
    assert "The sales have 130 weeks, and a replay of 100 needs 161" in short.stderr
    runs = open_database(finished_run).read_frame(
        "pipeline",
        "select status, row_count, message from ops.pipeline_runs where stage = 'replay' order by started_at",
    )
    assert runs["status"].tolist() == ["succeeded", "succeeded", "succeeded", "failed"]
    assert runs.loc[0, "row_count"] == len(frame)
    assert "Choose --weeks 69 or fewer" in runs.loc[3, "message"]
