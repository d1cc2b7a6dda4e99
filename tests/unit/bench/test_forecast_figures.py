from pathlib import Path

import numpy as np
import pytest
from forecast_figures import Sums, markdown_table, sums_of, write_section

NOTHING = np.nan
ROWS = sums_of(
    actual=np.array([[10.0, 20.0], [-10.0, NOTHING]]),
    point=np.array([[12.0, 20.0], [0.0, 7.0]]),
    lower=np.array([[8.0, 22.0], [NOTHING, 0.0]]),
    upper=np.array([[12.0, 26.0], [NOTHING, 9.0]]),
    weight=np.array([5.0, 1.0]),
    scale=np.array([4.0, 0.0]),
    seconds=2.0,
)
"""Two series of two weeks; the last week of the second is not known, and its weeks before never changed."""


def test_the_figures_of_three_rows_are_those_worked_by_hand():
    assert ROWS.rows == 3
    assert ROWS.wmae == pytest.approx((5 * 2 + 0 + 5 * 10) / 11)
    assert ROWS.wape == pytest.approx(12 / 40)
    assert ROWS.total_wape == pytest.approx((2 + 10) / 40)
    assert ROWS.rmsse == pytest.approx((4 / 2 / 4) ** 0.5)
    assert ROWS.coverage == pytest.approx(1 / 2)
    # Widths of 4 and 4, and the second misses by 2: 2 / 0.2 * 2 = 20.
    assert ROWS.scaled_interval_score == pytest.approx((4 + 4 + 20) / 30)


def test_sums_of_parts_are_the_sums_of_the_whole():
    both = ROWS + ROWS
    assert (both.wmae, both.coverage, both.seconds) == (ROWS.wmae, ROWS.coverage, 4.0)
    assert sum([ROWS, ROWS], Sums()) == both


def test_a_method_without_intervals_has_no_coverage():
    nothing = np.array([[NOTHING]])
    sums = sums_of(np.array([[1.0]]), np.array([[2.0]]), nothing, nothing, np.array([1.0]), np.array([1.0]))
    assert sums.coverage is None
    assert sums.scaled_interval_score is None


def test_a_section_is_replaced_and_what_people_wrote_around_it_stays(tmp_path: Path):
    document = tmp_path / "benchmarks.md"
    for text in ("first", "second"):
        write_section("a", text, document)
        write_section("b", f"other {text}", document)
        if text == "first":
            document.write_text(document.read_text().replace("# Benchmarks\n", "# Benchmarks\n\nBy hand.\n"))
    written = document.read_text()
    assert "first" not in written
    assert written.index("By hand.") < written.index("second") < written.index("other second")
    assert written.count("begin, generated") == written.count(": end") == 2


def test_a_table_has_its_columns_of_numbers_on_the_right():
    assert markdown_table(["a", "b"], [["x", "2"]]) == "| a | b |\n| --- | ---: |\n| x | 2 |"
