"""The verb replay on a finished run: files, the record of the run, and refusals."""

import pandas as pd

from warehouse.database import open_database


def test_a_replay_prints_and_writes_how_the_policies_fared_and_refuses_what_it_cannot_do(finished_run, shelfcast):
    ended = shelfcast(finished_run, "replay", "--weeks", "26", "--seeds", "2", "--baselines", "naive,cover")
    assert ended.returncode == 0, ended.stderr
    for words in ("equal average stock", "seasonal naive", "Stock positions are simulated", "uncensored", "Next:"):
        assert words in ended.stdout
    frame = pd.read_csv(finished_run.home / "reports" / "replay.csv")
    assert set(frame["policy"]) == {"shelfcast", "naive", "cover"}
    assert "Replayed 26 weeks" in (finished_run.home / "reports" / "replay.md").read_text()
    assert (finished_run.home / "reports" / "replay.png").stat().st_size > 10_000

    wrong = shelfcast(finished_run, "replay", "--baselines", "magic")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "There is no baseline 'magic'. Choose from cover, naive, minmax" in wrong.stderr
    short = shelfcast(finished_run, "replay", "--weeks", "100")
    assert (short.returncode, short.stderr.count("\n")) == (1, 1)
    assert "The sales have 130 weeks, and a replay of 100 needs 161" in short.stderr
    runs = open_database(finished_run).read_frame(
        "select status, row_count, message from ops.pipeline_runs where stage = 'replay' order by started_at"
    )
    assert runs["status"].tolist() == ["succeeded", "failed"]
    assert runs.loc[0, "row_count"] == len(frame)
    assert "Choose --weeks 69 or fewer" in runs.loc[1, "message"]
