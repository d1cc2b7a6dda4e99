from pathlib import Path

import pytest
from bench_ingest import (
    COUNTS,
    ROWS_PER_STORE,
    STEPS,
    Measurement,
    Sample,
    curve_table,
    draw,
    generate,
    keep,
    per_step,
    read,
)

ENDS = {"start": 10.0, "ingest": 20.0, "audit": 25.0, "publication": 26.0, "features": 40.0}
SECONDS, BYTES = dict.fromkeys(STEPS, 2.0), dict.fromkeys(STEPS, 3_000_000_000)
ONE = Measurement("generated, 1 million", 960_859, SECONDS, dict.fromkeys(STEPS, 3.0), BYTES, 1_500_000_000)


def test_each_step_has_its_seconds_its_work_and_the_highest_memory_while_it_ran():
    moments = [(5.0, 1, 0.5), (12.0, 7, 4.0), (19.0, 3, 9.0), (21.0, 4, 9.5), (30.0, 9, 12.0), (41.0, 99, 50.0)]
    seconds, work, peaks = per_step(4.0, ENDS, [Sample(*moment) for moment in moments])
    assert seconds == {"start": 6.0, "ingest": 10.0, "audit": 5.0, "publication": 1.0, "features": 14.0}
    assert work == {"start": 0.5, "ingest": 8.5, "audit": 0.5, "publication": 0.0, "features": 2.5}
    assert peaks == {"start": 1, "ingest": 7, "audit": 4, "publication": 0, "features": 9}


def test_the_start_is_no_part_of_the_seconds_that_are_compared():
    assert ONE.published_seconds == pytest.approx(6.0)
    assert curve_table([ONE]).splitlines()[2] == (
        "| generated, 1 million | 960,859 | 2 s (3), 3.0 GB | 2 s (3), 3.0 GB | 2 s (3), 3.0 GB "
        "| 2 s (3), 3.0 GB | 2 s (3), 3.0 GB | 6 s | 8 s | 3.0 | 1.5 |"
    )


def test_a_size_that_was_measured_to_its_publication_shows_no_features():
    done = {step: 2.0 for step in STEPS if step != "features"}
    row = curve_table([Measurement("files", 50_000_000, done, done, BYTES, 0)]).splitlines()[2]
    assert row.split(" | ")[6:9] == ["not measured", "6 s", "not measured"]


def test_a_size_that_is_measured_again_takes_the_place_of_the_old_figure(tmp_path: Path):
    path = tmp_path / "curve.json"
    larger = Measurement("files", 2_000_000, SECONDS, SECONDS, BYTES, 0)
    again = Measurement(ONE.name, 970_000, SECONDS, SECONDS, BYTES, 0)
    for one in (larger, ONE, again):
        keep(path, one)
    assert read(path) == [again, larger]


@pytest.mark.parametrize("shape", COUNTS)
def test_a_generated_sample_has_about_as_many_rows_as_asked_for(shape, tmp_path: Path, capsys):
    millions = ROWS_PER_STORE[shape] * 4 / 1e6
    folder = generate(tmp_path / "files", millions if shape != "till-lines" else millions / 4, shape)
    rows = int(capsys.readouterr().out.split()[1].replace(",", ""))
    stores = 1 if shape == "till-lines" else 4
    assert rows == pytest.approx(ROWS_PER_STORE[shape] * stores, rel=0.5)
    assert any(folder.iterdir())


def test_the_curve_is_drawn_of_one_shape_alone(tmp_path: Path):
    till = Measurement("till lines, 50 million", 50_000_000, SECONDS, SECONDS, BYTES, 0, "till-lines")
    draw([ONE, till], tmp_path / "curve.png")
    assert (tmp_path / "curve.png").stat().st_size > 0
