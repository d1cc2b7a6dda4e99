"""Compares forecasts side by side in one run: mlforecast, statsforecast, Prophet and ours, accuracy and seconds.

    make bench-forecasts DATA=path/to/csvs ARGS="--home .shelfcast --cache .shelfcast/bench_forecasts.json"

Five origins, horizons 1 to 8, the same scored rows for all: series that sold in the 13 weeks up to the origin, weeks
whose sales are known. Every method sees only what was known at the origin. Seconds are those of fit and forecast of
one origin on one thread, imports and data preparation aside. The table goes to the terminal and to docs/benchmarks.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

if __name__ == "__main__":
    # Before the libraries are imported: they read it only then.
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from forecast_figures import Sums, markdown_table, sums_of, write_section
from forecast_peers import FIRST_GUESS, HORIZON, Forecast, Method, Sales, peers, read_sales, search

from ml.forecasting.evaluation.backtest import run_backtest, warm_up_origins
from ml.forecasting.models.candidates import candidates, forecasters
from ml.forecasting.models.protocol import Forecaster, PointForecast
from ml.forecasting.panel import Panel, read_panel
from warehouse.environment import prepare_environment
from warehouse.opening import open_database
from warehouse.settings import Settings, load_settings

ORIGINS = ("2011-11-18", "2012-01-20", "2012-03-16", "2012-05-11", "2012-07-06")
DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "walmart"
PEERS = {
    "statsforecast_seasonal_naive": "statsforecast: seasonal naive",
    "statsforecast_theta": "statsforecast: dynamic optimised theta",
    "statsforecast_mstl": "statsforecast: MSTL with exponential smoothing",
    "mlforecast_recursive": "mlforecast: LightGBM, recursive",
    "mlforecast_direct": "mlforecast: LightGBM, direct",
}
OURS = {"prophet": "Prophet per store, shared down to departments"}
Results = dict[str, dict[str, Sums]]


@dataclass(frozen=True)
class Replay:
    """A candidate whose forecasts are made already: the backtest puts intervals around them.

    Attributes:
        name: name of the candidate.
        made: forecasts by number of weeks known.
    """

    name: str
    made: Mapping[int, PointForecast]

    @property
    def parameters(self) -> Mapping[str, object]:
        """Nothing."""
        return {}

    def fit(self, history: Panel) -> "Replay":
        """Returns itself."""
        return self

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns the forecast that was made at this origin."""
        return self.made[history.week_count]


def main() -> None:
    """Runs the methods that are asked for, prints the table and writes it into the document."""
    arguments = _arguments()
    sales = read_sales(arguments.data)
    cache, fingerprint = Cache(arguments.cache), f"{sales.values.shape} {np.nansum(sales.values):.2f}"
    results, chosen = cache.read(fingerprint)
    settings = load_settings(home=arguments.home)
    known = [*PEERS, *_our_names(settings)]
    names = arguments.methods or [name for name in known if name not in results]
    for name in names:
        if name not in known:
            sys.exit(f"There is no method {name!r}. Choose from {', '.join(known)}.")
    if not chosen and any(name.startswith("mlforecast") for name in names):
        first = sales.until(_week_count(sales, ORIGINS[0]))
        with _quiet():
            chosen = search(first, arguments.threads, _say)
        cache.write(fingerprint, results, chosen)
    by_name = peers(chosen or FIRST_GUESS, arguments.threads)
    ours = [name for name in names if name not in PEERS]
    for name in names:
        if name in PEERS:
            results[name] = run_peer(name, by_name[name], sales)
            _finish(name, results, cache, fingerprint, chosen)
    if ours:
        with _panel(arguments, sales) as panel:
            for name in ours:
                results[name] = run_ours(name, settings, panel, sales)
                _finish(name, results, cache, fingerprint, chosen)
    text = report(results, chosen)
    print(text)
    write_section("forecasts", text)


def _finish(name: str, results: Results, cache: "Cache", fingerprint: str, chosen: Mapping[str, object]) -> None:
    pooled = _pooled(results[name])
    _say(f"{name}: WMAE {pooled.wmae:,.0f}, {pooled.seconds / len(ORIGINS):.1f} s an origin")
    cache.write(fingerprint, results, chosen)


def run_peer(name: str, method: Method, sales: Sales) -> dict[str, Sums]:
    """Returns the sums of a peer by origin."""
    sums = {}
    for origin in ORIGINS:
        history = sales.until(_week_count(sales, origin))
        began = time.perf_counter()
        with _quiet():
            forecast = method(history)
        sums[origin] = _score(sales, len(history.weeks), forecast, time.perf_counter() - began)
        _say(f"{name} at {origin}: WMAE {sums[origin].wmae:,.0f}, {sums[origin].seconds:.1f} s")
    return sums


def run_ours(name: str, settings: Settings, panel: Panel, sales: Sales) -> dict[str, Sums]:
    """Returns the sums of a candidate of ours by origin; it starts cold at each; earlier ones calibrate it."""
    made, seconds = {}, {}
    asked = [_week_count(sales, origin) for origin in ORIGINS]
    for week_count in [*warm_up_origins(asked), *asked]:
        history = panel.until(week_count)
        model = _candidate(name, settings)
        began = time.perf_counter()
        made[history.week_count] = model.fit(history).predict(history, HORIZON)
        seconds[history.week_count] = time.perf_counter() - began
    sums = {}
    for origin, result in zip(ORIGINS, run_backtest(panel, [Replay(name, made)], asked).origins, strict=True):
        lower, upper = result.bounds[name][:2]
        forecast = Forecast(result.forecasts[name].point, lower, upper)
        sums[origin] = _score(sales, result.history.week_count, forecast, seconds[result.history.week_count])
    return sums


def _score(sales: Sales, week_count: int, forecast: Forecast, seconds: float) -> Sums:
    history = sales.until(week_count)
    actual = sales.values[:, week_count : week_count + HORIZON]
    mask = history.active[:, None] & ~np.isnan(actual)
    is_holiday = np.broadcast_to(history.future().isin(sales.holidays), actual.shape)
    arrays = (actual, forecast.point, forecast.lower, forecast.upper, is_holiday)
    return sums_of(*(values[mask] for values in arrays), seconds=seconds)


def report(results: Results, chosen: Mapping[str, object]) -> str:
    """Returns the Markdown section: one row a method, the best last."""
    head = ["method", "WMAE", *(origin[2:] for origin in ORIGINS), "WAPE", "in 80 %", "interval score", "s / origin"]
    ranked = sorted(results.items(), key=lambda item: -_pooled(item[1]).wmae)
    rows = []
    for name, sums in ranked:
        pooled = _pooled(sums)
        rows.append(
            [
                _label(name),
                f"{pooled.wmae:,.0f}",
                *(f"{sums[origin].wmae:,.0f}" for origin in ORIGINS),
                f"{pooled.wape:.1%}",
                _number(pooled.coverage, ".1%"),
                _number(pooled.scaled_interval_score, ".3f"),
                f"{pooled.seconds / len(ORIGINS):.1f}",
            ]
        )
    return f"## Forecasts against peers\n\n{_introduction(results, chosen)}\n\n{markdown_table(head, rows)}"


def _introduction(results: Results, chosen: Mapping[str, object]) -> str:
    rows = int(_pooled(next(iter(results.values()))).rows)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("statsforecast", "mlforecast", "prophet", "lightgbm"))
    found = ", ".join(f"{key} {value}" for key, value in chosen.items())
    return (
        "Weekly sales of stores and departments, the public Walmart data, horizons 1 to 8 from five origins: "
        f"{rows:,} scored rows, the same for every method. WMAE in dollars (holiday weeks weigh 5), pooled and by the "
        "last week known; WAPE; share of the sales within the 80 % interval, and its score (width and penalties over "
        "absolute sales, less is better), ours calibrated on the origins before, the first on one that is not scored; "
        f"seconds of fit and forecast of one origin, on one thread of {_cores()}. "
        f"Measured with `make bench-forecasts`; {libraries}.\n\n"
        "The peers get the active series from their first week on, gaps filled with straight lines. LightGBM under "
        "mlforecast has lags 1 to 53, rolling means, week, month, day and the holiday flag, and a standardised target; "
        f"its parameters were searched on the weeks before the first origin: {found or 'not run'}. Series too short "
        "for a method get the seasonal naive forecast, else their last value. mlforecast gives intervals only "
        "for several times the fits, so it stands without."
    )


def _label(name: str) -> str:
    return PEERS.get(name) or OURS.get(name) or f"**ours: {name.replace('_', ' ')}**"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _pooled(sums: Mapping[str, Sums]) -> Sums:
    return sum(sums.values(), Sums())


def _cores() -> str:
    count = os.cpu_count() or 1
    return {1: "one core", 2: "two cores"}.get(count, f"{count} cores")


@dataclass(frozen=True)
class Cache:
    """The results of methods that need no second run, as JSON; without a path nothing is kept."""

    path: Path | None

    def read(self, fingerprint: str) -> tuple[Results, dict[str, object]]:
        """Returns the results and the parameters that were kept for this data."""
        if self.path is None or not self.path.exists():
            return {}, {}
        kept = json.loads(self.path.read_text())
        if kept["data"] != fingerprint:
            return {}, {}
        results = {
            name: {origin: Sums(**sums) for origin, sums in by_origin.items()}
            for name, by_origin in kept["results"].items()
        }
        return results, kept["parameters"]

    def write(self, fingerprint: str, results: Results, chosen: Mapping[str, object]) -> None:
        """Keeps the results and the parameters."""
        if self.path is None:
            return
        plain = {name: {day: asdict(sums) for day, sums in found.items()} for name, found in results.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps({"data": fingerprint, "parameters": chosen, "results": plain}, indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with train.csv, features.csv, stores.csv")
    parser.add_argument("--home", type=Path, help="home with the features of the same data; built without it")
    parser.add_argument("--methods", type=lambda text: text.split(","), help="names, with commas; all without it")
    parser.add_argument("--cache", type=Path, help="JSON file that keeps the results of each method")
    parser.add_argument("--threads", type=int, default=1, help="threads of the peers")
    return parser.parse_args()


@contextmanager
def _panel(arguments: argparse.Namespace, sales: Sales) -> Iterator[Panel]:
    """Yields our panel, of which the sales must be those of the files; without a home one is built, and removed."""
    home = arguments.home or Path(tempfile.mkdtemp(prefix="shelfcast-bench-"))
    settings = load_settings(home=home)
    prepare_environment(settings)
    if arguments.home is None:
        _shelfcast(settings, "ingest", "--data", str(arguments.data.resolve()))
        _shelfcast(settings, "features")
    panel = read_panel(open_database(settings))
    if panel.sales.shape != sales.values.shape or not np.allclose(panel.actual, sales.values, equal_nan=True):
        sys.exit("The home holds other data than the files. Leave --home away, and one is built.")
    yield panel
    if arguments.home is None:
        _shelfcast(settings, "stop")
        shutil.rmtree(home)


def _shelfcast(settings: Settings, *arguments: str) -> None:
    environment = {**os.environ, "SHELFCAST_HOME": str(settings.home)}
    subprocess.run([sys.executable, "-m", "flows.cli", *arguments], env=environment, check=True)


def _our_names(settings: Settings) -> list[str]:
    return [model.name for model in forecasters(candidates(settings)) if model.name != "seasonal_naive"]


def _candidate(name: str, settings: Settings) -> Forecaster:
    return next(model for model in forecasters(candidates(settings)) if model.name == name)


def _week_count(sales: Sales, origin: str) -> int:
    return int(sales.weeks.get_loc(origin)) + 1


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the libraries' advice about short series off the terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
