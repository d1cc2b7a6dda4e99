"""What a comparison of policies says: figures, missing figures, and what every reader must know."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from flows.cli.replay import write_files
from flows.reports.replay import (
    comparison_markdown,
    comparison_rows,
    comparison_table,
    headline,
    policies_table,
    sentences,
)
from ml.inventory.replay.kpis import Kpis
from ml.inventory.replay.report import (
    COVER,
    OURS,
    Calibration,
    Comparison,
    Figures,
    GuardrailFigures,
    PolicyCurve,
    PolicyOutcome,
    ReplaySettings,
    Reviewed,
    Saving,
)
from warehouse.errors import ShelfcastError

NAN = float("nan")
DAY = np.datetime64("2012-01-06").astype(object)


def kpis(stockouts, fill, weeks):
    values = {
        "lost_amount": 1_234.4,
        "stock_amount": 9e6,
        "excess_amount": 5e5,
        "excess_weeks": 0.1,
        "turns_rate": 31.2,
        "orders_rate": 0.9,
    }
    found = {"stockout_rate": stockouts, "fill_rate": fill, "stock_weeks": weeks, **values}
    return Kpis(**{name: np.asarray(value, float) for name, value in found.items()})


def figures(policy, level, kind="", stockouts=0.037, low=0.03):
    sure = {} if kind else {"stockout_rate": (low, 0.05), "fill_rate": (NAN, NAN), "lost_amount": (1_000.0, 2_000.0)}
    knob = NAN if np.isnan(stockouts) else 0.95
    drawn = {} if kind else {"stockout_rate": (0.036, 0.038), "fill_rate": (NAN, NAN), "lost_amount": (NAN, NAN)}
    return Figures(policy, level, kind, 12, knob, kpis(stockouts, 0.993, level), -250.0, sure, None, drawn)


@pytest.fixture(scope="module")
def comparison():
    curve = kpis([0.2, 0.1], [0.9, 0.95], [1.4, 2.0])
    full = Kpis(**{name: np.broadcast_to(value, 2) for name, value in vars(curve).items()})
    return Comparison(
        ReplaySettings(20, 1, (COVER,)),
        DAY,
        DAY,
        15,
        12,
        3,
        tuple(PolicyCurve(name, np.array([0.8, 0.9]), full, np.array([1.0, 2.0])) for name in (OURS, COVER)),
        (figures(OURS, 1.67), figures(OURS, 1.67, "A"), figures(COVER, 1.67, stockouts=NAN, low=NAN)),
        (
            Saving(COVER, "stockout_rate", "stock_weeks", 1.67, 0.05, 0.2, 0.75, (0.7, 0.8), OURS, (0.74, 0.76)),
            Saving(COVER, "lost_amount", "stock_weeks", 1.67, 300.0, 200.0, -0.5, (NAN, NAN)),
            Saving(COVER, "excess_amount", "fill_rate", 0.985, NAN, 2.0, NAN, (NAN, NAN)),
        ),
        (Calibration(OURS, "random", 0.95, 0.948, {"A": 0.951}, (0.94, 0.95), 0.93, 0.9, {"smooth": 0.947}),),
        GuardrailFigures(
            0.95,
            1_000,
            Reviewed(0.95, 0.951, 0.5),
            Reviewed(0.05, 0.9, 2.0),
            {"large_order": Reviewed(0.05, 0.9, 2.0), "stale_data": Reviewed(0.0, NAN, NAN)},
            0.9,
            DAY,
            0.12,
        ),
        (
            PolicyOutcome("published", "", 12, kpis(0.02, 0.99, 1.9), 321.4, 98_765.0),
            PolicyOutcome("mine.csv", "A", 7, kpis(0.03, 0.98, 1.5), 200.0, 50_000.0),
        ),
    )


def test_the_table_shows_stockouts_and_fill_and_a_dash_where_a_policy_has_no_such_stock(comparison):
    console = Console(file=io.StringIO(), width=80)
    console.print(comparison_table(comparison))
    text = console.file.getvalue()
    assert "1.67 weeks" in text
    assert "3.7 % (99.3)" in text
    assert "-: no setting of the policy gives that stock." in text


def test_the_sentences_name_baseline_stock_level_and_what_is_simulated(comparison):
    text = "\n".join(sentences(comparison))
    assert headline(comparison) == (
        "Replayed 20 weeks from 2012-01-06 to 2012-01-06: 12 of 15 pairs in 3 stores, 1 draw of lead times"
    )
    assert (
        "Shelfcast against weeks of cover, 4-week mean, both at 1.67 weeks of stock: pair-weeks with lost sales "
        "-75.0 % (95 % interval over stores -80.0 to -70.0 %, over draws -76.0 to -74.0 %), 5.0 % instead of 20.0 %."
    ) in text
    assert "lost sales +50.0 %, $300 instead of $200." in text
    assert "at 98.5 % of demand sold: excess stock cannot be compared" in text
    assert "a target of 95.0 % covered 94.8 % of the protection periods" in text
    assert "Stock positions are simulated" in text
    assert "uncensored" in text
    assert "95.0 % of 1,000 pair-reviews, new and short series included, need no person (90.0 % if" in text
    assert "automatic orders covered 95.1 % of the protection periods, those of flagged ones 90.0 %" in text
    assert "lead time in weeks: 1 in 12.5 %, 2 in 75.0 %, 3 in 12.5 %" in text


def test_policies_of_a_file_stand_beside_the_published_ones(comparison):
    console = Console(file=io.StringIO(), width=80)
    console.print(policies_table(comparison))
    text = " ".join(console.file.getvalue().split())
    assert "published │ 2.0 % │ 99.0 % │ 1.90 │ 321 │ $98,765" in text
    assert "mine.csv" not in text
    report = comparison_markdown(comparison)
    assert "## Policies as they are" in report
    assert "| mine.csv | A | 7 | 3.0 % | 98.0 % | 1.50 | $9,000,000 | 200 | $50,000 |" in report
    assert "Policies as they are" not in comparison_markdown(replace(comparison, asked_policies=()))


def test_censored_sales_are_said_to_be_so(comparison):
    settings = ReplaySettings(20, 1, (COVER,), is_censored=True)
    text = comparison_markdown(replace(comparison, settings=settings, guardrails=None, calibration=()))
    assert "learns only from what it sold itself (censored)" in text
    assert "uncensored" not in text
    assert "need no person" not in text
    assert "Service by size" not in text


def test_the_report_has_intervals_money_types_and_calibration(comparison):
    text = comparison_markdown(comparison)
    assert "3.7 % (3.0 % to 5.0 %) (3.6 % to 3.8 %)" in text
    assert "| large order | 5.0 % | 90.0 % | 2.00 |" in text
    assert "| stale data | 0.0 % | - | - |" in text
    assert "$1,234 ($1,000 to $2,000)" in text
    assert "-$250" in text
    assert "| A | 12 | 3.7 % | 99.3 % |" in text
    assert "| random | 95.0 | 94.8 | A 95.1 | smooth 94.7 | 94.0, 95.0 | 93.0 | 90.0 % |" in text
    assert "nan" not in text


def test_the_files_hold_every_figure_and_every_point_of_a_curve(comparison, tmp_path):
    frame = comparison_rows(comparison)
    assert frame["row_kind"].tolist() == ["equal_stock"] * 3 + ["curve"] * 4 + ["guardrail"] * 4 + ["policies"] * 2
    assert frame.loc[0, ["stockout_rate", "stockout_rate_low_95", "stockout_rate_high_95"]].tolist() == [
        0.037,
        0.03,
        0.05,
    ]
    assert write_files(comparison, tmp_path / "reports") == 13
    assert {path.name for path in (tmp_path / "reports").iterdir()} == {"replay.csv", "replay.png", "replay.md"}


def test_a_place_that_cannot_be_written_is_named(comparison, tmp_path):
    (tmp_path / "reports").write_text("a file")
    with pytest.raises(ShelfcastError, match=r"replay\.csv cannot be written: .*SHELFCAST_HOME"):
        write_files(comparison, tmp_path / "reports")
