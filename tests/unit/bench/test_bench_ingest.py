from pathlib import Path

import pytest
from bench_ingest import STEPS, Measurement, curve_table, keep, per_step, read

ENDS = {"start": 10.0, "ingest": 20.0, "audit": 25.0, "publication": 26.0, "features": 40.0}
ONE = Measurement(
    "generated, 1 million", 960_859, dict.fromkeys(STEPS, 2.0), dict.fromkeys(STEPS, 3_000_000_000), 1_500_000_000
)


def test_each_step_has_its_seconds_and_the_highest_memory_while_it_ran():
    seconds, peaks = per_step(4.0, ENDS, [(5.0, 1), (12.0, 7), (19.0, 3), (21.0, 4), (30.0, 9), (41.0, 99)])
    assert seconds == {"start": 6.0, "ingest": 10.0, "audit": 5.0, "publication": 1.0, "features": 14.0}
    assert peaks == {"start": 1, "ingest": 7, "audit": 4, "publication": 0, "features": 9}


def test_the_start_is_no_part_of_the_seconds_that_are_compared():
    assert ONE.published_seconds == pytest.approx(6.0)
    assert curve_table([ONE]).splitlines()[2] == (
        "| generated, 1 million | 960,859 | 2 s, 3.0 GB | 2 s, 3.0 GB | 2 s, 3.0 GB | 2 s, 3.0 GB | 2 s, 3.0 GB "
        "| 6 | 8 | 3.0 | 1.5 |"
    )


def test_a_size_that_is_measured_again_takes_the_place_of_the_old_figure(tmp_path: Path):
    path = tmp_path / "curve.json"
    larger = Measurement("files", 2_000_000, ONE.seconds, ONE.peak_bytes, 0)
    again = Measurement(ONE.name, 970_000, ONE.seconds, ONE.peak_bytes, 0)
    for one in (larger, ONE, again):
        keep(path, one)
    assert read(path) == [again, larger]
