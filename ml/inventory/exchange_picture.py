"""The exchange curves of a comparison in one picture: what service each policy gives for what stock."""

from typing import TYPE_CHECKING

from ml.inventory.replay_report import BY_SIZE, COVER, MIN_MAX, NAIVE, OURS, TITLES, Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLORS = {OURS: "#1F5A85", BY_SIZE: "#63A0CB", NAIVE: "#C9781E", COVER: "#3C8C62", MIN_MAX: "#6B7885"}
_MOST_STOCK_WEEKS = 3.0
_MARGIN_WEEKS = 0.2
_LEAST_TOP = 0.01


def draw_curves(comparison: Comparison) -> "Figure":
    """Returns the picture: stockout weeks on the left, lost dollars on the right, over average stock.

    Both are shown because whole-week lead times can rank policies differently by weeks and by dollars.
    """
    # No pyplot: it keeps every figure it makes.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.8), layout="constrained")
    by_weeks, by_dollars = figure.subplots(1, 2, sharex=True)
    figure.suptitle(
        f"Stock against service, {comparison.pairs:,} pairs replayed from {comparison.first_week} to "
        f"{comparison.last_week} (stock simulated)"
    )
    for axes, measure in ((by_weeks, "stockout_rate"), (by_dollars, "lost_rate")):
        _draw(axes, comparison, measure)
    by_weeks.set_ylabel("share of pair-weeks with lost sales, %")
    by_dollars.set_ylabel("lost sales, % of demand in dollars")
    by_weeks.legend(frameon=False, fontsize=9)
    return figure


def _draw(axes: "Axes", comparison: Comparison, measure: str) -> None:
    """Draws one measure of every policy over the range of stock that is compared."""
    top, levels = _LEAST_TOP, comparison.settings.stock_levels
    for curve in comparison.curves:
        kpis = curve.kpis
        share = kpis.stockout_rate if measure == "stockout_rate" else 1.0 - kpis.fill_rate
        is_shown = (kpis.stock_weeks >= min(levels) - _MARGIN_WEEKS) & (kpis.stock_weeks <= _MOST_STOCK_WEEKS)
        top = max(top, float(share[is_shown].max(initial=0.0)))
        axes.plot(
            kpis.stock_weeks, 100 * share, color=_COLORS[curve.policy], label=TITLES[curve.policy], marker="o",
            markersize=3, linewidth=2.5 if curve.policy == OURS else 1.4, zorder=3 if curve.policy == OURS else 2,
        )  # fmt: skip
    for level in levels:
        axes.axvline(level, color="#D5DADF", linewidth=1, zorder=1)
    axes.set_xlabel("average stock, weeks of sales (lines: compared levels)")
    axes.set_xlim(min(levels) - _MARGIN_WEEKS, _MOST_STOCK_WEEKS)
    axes.set_ylim(0, 105 * top)
