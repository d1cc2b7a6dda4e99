"""What a comparison of policies by replay says: a table, plain sentences, a report and rows for other programs."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from math import isnan
from typing import TYPE_CHECKING, Any

from rich.table import Table

from flows.reports.labels import markdown_cell, plain
from warehouse.codes import known
from warehouse.wording import house

if TYPE_CHECKING:
    import pandas as pd

    from ml.inventory.replay.report import Calibration, Comparison, Figures, Saving

_UNKNOWN = (float("nan"), float("nan"))
_MEASURES = {
    "stockout_rate": "pair-weeks with lost sales",
    "lost_amount": "lost sales",
    "excess_amount": "excess stock",
    "stock_amount": "average stock",
}


_UNCENSORED = (
    "Demand is taken to be the recorded sales. It is uncensored: every policy, the baselines too, learns from what it "
    "would have lost. `--censored` lets them learn from their own sales only."
)
_CENSORED = (
    "Demand is taken to be the recorded sales, but from the first replayed week on every policy learns only from what "
    "it sold itself (censored), in each draw of lead times on its own."
)
_BY_SIZE = "Service by size: the same, but small pairs get more service than large ones, where it costs little stock."
_FORECASTS = {
    "base": "the seasonal base, which forecasts anew each week; it is not the champion",
    "champion": "the champion ({}), fitted every eight weeks and forecasting each week from the sales known by then",
}


def headline(comparison: "Comparison") -> str:
    """Returns what was replayed, in one sentence."""
    number, stores = house().number, house().retailer.words.stores
    asked, drawn = comparison.settings, "draw" if comparison.settings.seeds == 1 else "draws"
    return (
        f"Replayed {asked.weeks} weeks from {comparison.first_week} to {comparison.last_week}: "
        f"{number(comparison.pairs)} of {number(comparison.series)} pairs in {number(comparison.stores)} {stores}, "
        f"{asked.seeds} {drawn} of lead times"
    )


def conventions(comparison: "Comparison") -> list[str]:
    """Returns what a reader must know of every figure."""
    settings = comparison.settings
    times = settings.lead_times
    shares: Any = times.probabilities
    chances = ", ".join(f"{weeks} in {_percent(share)}" for weeks, share in zip(times.weeks, shares, strict=True))
    return [
        f"Every policy is reviewed weekly, waits for its orders (lead time in weeks: {chances}) and loses what it "
        "cannot sell.",
        "Stock positions are simulated: each pair opens with three weeks of its four-week mean and nothing on order.",
        _CENSORED if settings.is_censored else _UNCENSORED,
        "Shelfcast orders up to a quantile of demand until the next delivery, learned from past errors of "
        f"{_FORECASTS[settings.forecasts].format(settings.champion)}. "
        "Errors are pooled anew every four weeks from the periods that had ended by then; settings are frozen.",
        *([] if settings.is_censored else [_BY_SIZE]),
        "Each policy's setting is the one that gives the chain the stock named in the replayed weeks. No level reads "
        "its own week or a later one. Pairs with 50 weeks of sales before the replay take part.",
    ]


def comparison_table(comparison: "Comparison") -> Table:
    """Returns stockouts and fill of each policy at equal average stock, for the terminal."""
    levels, policies = _levels(comparison)
    table = Table(
        title="Pair-weeks with lost sales (share of demand sold) at equal average stock",
        title_justify="left",
        caption=_gap(comparison),
        caption_justify="left",
    )
    table.add_column("policy")
    for level in levels:
        table.add_column(f"{level:g} weeks", justify="right", no_wrap=True)
    for policy in policies:
        found = [_of_chain(comparison, policy, level) for level in levels]
        table.add_row(_title(policy), *(_service(one) for one in found))
    return table


def policies_table(comparison: "Comparison") -> Table:
    """Returns what the policies of a file would have done beside the published ones, for the terminal."""
    table = Table(title="Our forecasts under policies as they are, with their own lead times", title_justify="left")
    table.add_column("policies")
    for head in ("stockouts", "fill", "stock, weeks", "orders", "profit"):
        table.add_column(head, justify="right", no_wrap=True)
    for one in comparison.asked_policies:
        if not one.store_type:
            table.add_row(
                one.source,
                _percent(one.kpis.stockout_rate),
                _percent(one.kpis.fill_rate),
                _number(one.kpis.stock_weeks, 2),
                house().number(one.orders),
                _money(one.profit_amount),
            )
    return table


def sentences(comparison: "Comparison") -> list[str]:
    """Returns what was compared and what came out, in plain words."""
    return [
        f"{headline(comparison)}.",
        *(_saving_sentence(saving) for saving in comparison.savings if _is_told(saving)),
        *(_calibration_sentence(one) for one in comparison.calibration if one.target == 0.95),
        *_guardrail_sentences(comparison),
        *conventions(comparison),
    ]


def _is_told(saving: "Saving") -> bool:
    """Returns whether a saving is told on the terminal; all are in the report."""
    from ml.inventory.replay.report import NAIVE, OURS

    return saving.measure != "stock_amount" and (saving.policy == OURS or saving.baseline == NAIVE)


def comparison_markdown(comparison: "Comparison") -> str:
    """Returns the report of the comparison."""
    words = house().retailer.words
    parts = [
        "# Policies replayed on history",
        f"{headline(comparison)}.",
        "\n".join(f"- {sentence}" for sentence in conventions(comparison)),
        "![Stock against service](replay.png)",
        "## Service at equal average stock",
        "Average stock is in weeks of sales; intervals are 95 %, from bootstrap samples of whole stores, then for the "
        "mean over draws of lead times. Those over stores are the wider ones: draws alone say too little.",
        _service_markdown(comparison),
        "## Money at equal average stock",
        f"{house().currency} at retail value over the replayed weeks. Excess is stock and orders above the next three "
        "weeks' real demand. Profit is margin less holding and ordering cost of the inventory policies.",
        _money_markdown(comparison),
        "## What Shelfcast saves",
        "\n".join(f"- {_saving_sentence(saving)}" for saving in comparison.savings),
        f"## By type of {words.store}",
        f"At the setting that gives the whole chain the stock. {house().products_word} are in replay.csv.",
        _types_markdown(comparison),
        "## Do service targets hold?",
        "Share of decisions after which demand until the next delivery could arrive stayed at or below the "
        "order-up-to level. It is this that a cycle service target means; weeks with lost sales differ from it.",
        _markdown(*_calibration_cells(comparison.calibration)),
        *_guardrail_markdown(comparison),
        *_policies_markdown(comparison),
    ]
    gap = _gap(comparison)
    return "\n\n".join([*parts, gap] if gap else parts) + "\n"


def comparison_rows(comparison: "Comparison") -> "pd.DataFrame":
    """Returns one row a policy, stock level and group (row_kind equal_stock), and one a point of each exchange curve.

    Amounts are at retail value over the replayed weeks, stock and excess their averages; rates are fractions.
    The chain has neither store_type nor product_code. Rows of kind guardrail hold what the guardrails would have done,
    those of kind policies what a table of policies would have.
    """
    import pandas as pd

    at_stock = [_row(one) for one in comparison.figures]
    points = [
        {
            "row_kind": "curve",
            "policy": curve.policy,
            "store_type": "",
            "pair_count": comparison.pairs,
            "knob": float(knob),
            "profit_amount": float(earned),
            **{name: float(values[number]) for name, values in asdict(curve.kpis).items()},
        }
        for curve in comparison.curves
        for number, (knob, earned) in enumerate(zip(curve.knobs, curve.profit_amount, strict=True))
    ]
    rows = pd.DataFrame([*at_stock, *points, *_guardrail_rows(comparison), *_policy_rows(comparison)])
    return known().with_codes(rows)


def _row(figures: "Figures") -> dict[str, Any]:
    bounds = {
        f"{name}_{end}_95{suffix}": value
        for suffix, intervals in (("", figures.intervals), ("_seeds", figures.seed_intervals))
        for name, pair in intervals.items()
        for end, value in zip(("low", "high"), pair, strict=True)
    }
    return {
        "row_kind": "equal_stock",
        "policy": figures.policy,
        "stock_level_weeks": figures.stock_level_weeks,
        "store_type": figures.store_type,
        "dept_id": figures.dept_id,
        "pair_count": figures.pairs,
        "knob": figures.knob,
        **{name: float(value) for name, value in asdict(figures.kpis).items()},
        "profit_amount": figures.profit_amount,
        **bounds,
    }


def _service_markdown(comparison: "Comparison") -> str:
    levels, policies = _levels(comparison)
    rows = []
    for policy in policies:
        for measure, label in (("stockout_rate", "stockouts"), ("fill_rate", "fill")):
            found = [_of_chain(comparison, policy, level) for level in levels]
            cells = [
                f"{_percent(getattr(one.kpis, measure))}{_between(one.intervals[measure], _percent)}"
                f"{_between(one.seed_intervals.get(measure, _UNKNOWN), _percent)}"
                for one in found
            ]
            rows.append([_title(policy), label, *cells])
    return _markdown(["policy", "share", *(f"{level:g} weeks" for level in levels)], rows)


def _money_markdown(comparison: "Comparison") -> str:
    heads = [
        "stock",
        "policy",
        "lost sales",
        "average stock",
        "excess stock",
        "turns a year",
        "orders a pair-week",
        "profit",
    ]
    rows = [
        [
            f"{one.stock_level_weeks:g} weeks",
            _title(one.policy),
            f"{_money(one.kpis.lost_amount)}{_between(one.intervals['lost_amount'], _money)}",
            _money(one.kpis.stock_amount),
            _money(one.kpis.excess_amount),
            _number(one.kpis.turns_rate, 1),
            _number(one.kpis.orders_rate, 2),
            _money(one.profit_amount),
        ]
        for one in comparison.figures
        if one.is_chain
    ]
    return _markdown(heads, rows)


def _types_markdown(comparison: "Comparison") -> str:
    heads = [
        "stock of the chain",
        "policy",
        "type",
        "pairs",
        "stockouts",
        "fill",
        "own stock, weeks",
        "lost sales",
        "profit",
    ]
    rows = [
        [
            f"{one.stock_level_weeks:g} weeks",
            _title(one.policy),
            markdown_cell(one.store_type),
            house().number(one.pairs),
            _percent(one.kpis.stockout_rate),
            _percent(one.kpis.fill_rate),
            _number(one.kpis.stock_weeks, 2),
            _money(one.kpis.lost_amount),
            _money(one.profit_amount),
        ]
        for one in comparison.figures
        if one.store_type
    ]
    return _markdown(heads, rows)


def calibration_table(found: "Sequence[Calibration]") -> Table:
    """Returns the share of protection periods that the levels covered, for the terminal: 80 columns are enough."""
    table = Table(
        title="Protection periods whose demand stayed at or below the level, in percent",
        title_justify="left",
        caption="1st to 5th: fifths of the pairs by sales of the year before, the smallest first.\n"
        "Within 5: share of the pairs that are within five points of the target.",
        caption_justify="left",
        box=None,
        padding=(0, 1, 0, 0),
    )
    kinds = found[0].by_type if found else ()
    fifths = ("1st", "2nd", "3rd", "4th", "5th")
    for head in ("lead time", "target", "covered", *map(plain, kinds), *fifths, "beside holidays", "within 5"):
        table.add_column(head, justify="right")
    for lead_time, *shares in calibration_rows(found).itertuples(index=False):
        table.add_row(lead_time, *(_points(share) for share in shares))
    return table


def calibration_rows(found: "Sequence[Calibration]") -> "pd.DataFrame":
    """Returns one row a lead time and target, rates as fractions."""
    import pandas as pd

    return pd.DataFrame(
        {
            "lead_time": one.lead_time,
            "target_rate": one.target,
            "covered_rate": one.covered_rate,
            **{f"covered_type_{kind.lower()}_rate": share for kind, share in one.by_type.items()},
            **{f"covered_group_{group}_rate": share for group, share in one.by_group.items()},
            **{f"covered_fifth_{number}_rate": share for number, share in enumerate(one.by_fifth, start=1)},
            "covered_beside_holidays_rate": one.beside_holidays_rate,
            "pairs_within_five_points_rate": one.pairs_within_rate,
        }
        for one in found
    )


def _calibration_cells(found: "Sequence[Calibration]") -> tuple[list[str], list[list[str]]]:
    heads = [
        "policy",
        "lead time",
        "target",
        "covered",
        "by type",
        "by group",
        "by fifth",
        "beside holidays",
        "within 5",
    ]
    rows = [
        [
            _title(one.policy),
            one.lead_time,
            _points(one.target),
            _points(one.covered_rate),
            ", ".join(f"{markdown_cell(kind)} {_points(share)}" for kind, share in one.by_type.items()),
            ", ".join(f"{group} {_points(share)}" for group, share in one.by_group.items()),
            ", ".join(_points(share) for share in one.by_fifth),
            _points(one.beside_holidays_rate),
            _percent(one.pairs_within_rate),
        ]
        for one in found
    ]
    return heads, rows


def _points(share: float) -> str:
    return "-" if isnan(share) else house().number(100 * share, 1)


def _saving_sentence(saving: "Saving") -> str:
    is_stock = saving.at == "stock_weeks"
    level = f"{saving.level:g} weeks of stock" if is_stock else f"{_percent(saving.level)} of demand sold"
    what = f"{_title(saving.policy)} against {_title(saving.baseline)}, both at {level}: {_MEASURES[saving.measure]}"
    if isnan(saving.cut_rate):
        return f"{what} cannot be compared, because a curve does not get there or has none."
    show = _percent if saving.measure == "stockout_rate" else _money
    over = (("stores", saving.interval), ("draws", saving.seed_interval))
    ranges = [f"{name} {-100 * high:+.1f} to {-100 * low:+.1f} %" for name, (low, high) in over if not isnan(low)]
    sure = f" (95 % interval over {', over '.join(ranges)})" if ranges else ""
    change = f"{-100 * saving.cut_rate:+.1f} %{sure}"
    return f"{what} {change}, {show(saving.ours)} instead of {show(saving.theirs)}."


def _calibration_sentence(found: "Calibration") -> str:
    return (
        f"Calibration of {_title(found.policy)}: a target of {_percent(found.target)} covered "
        f"{_percent(found.covered_rate)} of the protection periods, {_percent(found.pairs_within_rate)} of the pairs "
        "within five points."
    )


def _guardrail_sentences(comparison: "Comparison") -> list[str]:
    found = comparison.guardrails
    if found is None:
        return []
    return [
        f"Guardrails: {_percent(found.automatic.share_rate)} of {house().number(found.reviews)} pair-reviews, new and "
        f"short series included, need no person ({_percent(found.automatic_rate_with_tiny)} if tiny pairs were asked "
        "about too), "
        f"at most {_percent(found.worst_week_rate)} are flagged in a week ({found.worst_week}).",
        f"At a target of {_percent(found.target)} the levels of automatic orders covered "
        f"{_percent(found.automatic.covered_rate)} of the protection periods, those of flagged ones "
        f"{_percent(found.flagged.covered_rate)}; forecasts missed by {_number(found.automatic.error_rate, 2)} and "
        f"{_number(found.flagged.error_rate, 2)} mean weeks.",
    ]


def _guardrail_markdown(comparison: "Comparison") -> list[str]:
    found = comparison.guardrails
    if found is None:
        return []
    named = {"automatic": found.automatic, "flagged": found.flagged, **found.by_reason}
    rows = [
        [name.replace("_", " "), _percent(one.share_rate), _percent(one.covered_rate), _number(one.error_rate, 2)]
        for name, one in named.items()
    ]
    heads = ["reviews", "share", f"covered at a target of {_percent(found.target)}", "forecast error, mean weeks"]
    return ["## Which orders need a person?", "\n".join(_guardrail_sentences(comparison)), _markdown(heads, rows)]


def _guardrail_rows(comparison: "Comparison") -> list[dict[str, Any]]:
    found = comparison.guardrails
    if found is None:
        return []
    named = {"automatic": found.automatic, "flagged": found.flagged, **found.by_reason}
    return [
        {"row_kind": "guardrail", "policy": "shelfcast", "review": name, **asdict(one)} for name, one in named.items()
    ]


def _policy_cells(comparison: "Comparison") -> tuple[list[str], list[list[str]]]:
    heads = ["policies", "type", "pairs", "stockouts", "fill", "stock, weeks", "average stock", "orders", "profit"]
    rows = [
        [
            one.source,
            markdown_cell(one.store_type) or "all",
            house().number(one.pairs),
            _percent(one.kpis.stockout_rate),
            _percent(one.kpis.fill_rate),
            _number(one.kpis.stock_weeks, 2),
            _money(one.kpis.stock_amount),
            house().number(one.orders),
            _money(one.profit_amount),
        ]
        for one in comparison.asked_policies
    ]
    return heads, rows


def _policies_markdown(comparison: "Comparison") -> list[str]:
    if not comparison.asked_policies:
        return []
    said = (
        "Our forecasts under each table of policies, with its own targets, lead times (in whole weeks), reviews, packs "
        "and minimum orders. Nothing is set to equal stock here."
    )
    return ["## Policies as they are", said, _markdown(*_policy_cells(comparison))]


def _policy_rows(comparison: "Comparison") -> list[dict[str, Any]]:
    return [
        {
            "row_kind": "policies",
            "policy": one.source,
            "store_type": one.store_type,
            "pair_count": one.pairs,
            "order_count": one.orders,
            "profit_amount": one.profit_amount,
            **{name: float(value) for name, value in asdict(one.kpis).items()},
        }
        for one in comparison.asked_policies
    ]


def _gap(comparison: "Comparison") -> str | None:
    is_missing = any(isnan(one.knob) for one in comparison.figures)
    return "-: no setting of the policy gives that stock." if is_missing else None


def _levels(comparison: "Comparison") -> tuple[list[float], list[str]]:
    levels = list(dict.fromkeys(one.stock_level_weeks for one in comparison.figures))
    return levels, [curve.policy for curve in comparison.curves]


def _of_chain(comparison: "Comparison", policy: str, level: float) -> "Figures":
    return next(
        one for one in comparison.figures if one.is_chain and (one.policy, one.stock_level_weeks) == (policy, level)
    )


def _title(policy: str) -> str:
    from ml.inventory.replay.report import TITLES

    return TITLES[policy]


def _service(figures: "Figures") -> str:
    if isnan(figures.knob):
        return "-"
    return f"{100 * figures.kpis.stockout_rate:.1f} % ({100 * figures.kpis.fill_rate:.1f})"


def _between(bounds: tuple[float, float], show: Any) -> str:
    return "" if isnan(bounds[0]) else f" ({show(bounds[0])} to {show(bounds[1])})"


def _percent(value: Any) -> str:
    return "-" if isnan(value) else f"{house().number(100 * float(value), 1)} %"


def _money(value: Any) -> str:
    return "-" if isnan(value) else house().money(float(value))


def _number(value: Any, digits: int) -> str:
    return "-" if isnan(value) else house().number(float(value), digits)


def _markdown(heads: list[str], rows: Iterable[list[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", "|" + " --- |" * len(heads)]
    return "\n".join([*lines, *(f"| {' | '.join(cells)} |" for cells in rows)])
