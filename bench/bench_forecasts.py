"""Compares forecasts side by side in one run: mlforecast, statsforecast and ours, accuracy and seconds.

    make bench-forecasts                                      # every folder of data that lies beside the project
    make bench-forecasts DATA=path/to/files ARGS="--cache .shelfcast/bench"
    make bench-forecasts DATA=path/to/files ARGS="--origins 1996-01-07,1996-03-31"

The origins of the product's own backtest unless named, the same scored rows for all: series that sold in the 13 weeks
up to the origin, weeks whose sales are known. Every method sees only what was known at the origin; where prices are
known, some are told those of the weeks ahead as well, and say so. Seconds are the processor's for fit and forecast of
one origin, on one thread and in what it starts, imports and data preparation aside. The tables go to the terminal and
to docs/benchmarks.md.
"""

import argparse
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

if __name__ == "__main__":
    # Before the libraries are imported: they read it only then.
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from forecast_figures import Sums, markdown_table, sums_of, write_section
from forecast_peers import FIRST_GUESS, TOLD, Forecast, Method, Sales, peers, search

from ml.forecasting.evaluation.backtest import origins_of, run_backtest, warm_up_origins
from ml.forecasting.models.by_group import ByGroup
from ml.forecasting.models.candidates import Candidate, candidates, forecasters
from ml.forecasting.models.protocol import Forecaster, PointForecast, follows_plans
from ml.forecasting.panel import Panel, Plan, as_date, read_panel
from warehouse.conventions import LONGEST_HORIZON
from warehouse.environment import prepare_environment
from warehouse.opening import open_database
from warehouse.settings import Settings, load_settings

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
ORIGINS = 5
OURS = "ours: "
PROTOCOLS = {"dominick_oatmeal": "1996-01-13,1996-04-06,1996-06-29,1996-09-21,1996-12-14,1997-01-11"}
"""Last known days of the origins at which a data set is always scored, by the name of its folder."""
Results = dict[str, dict[str, Sums]]
"""Sums by what tables call the method, and by origin."""
Made = dict[str, dict[int, tuple[PointForecast, float]]]
"""Forecasts and their seconds, by candidate and by number of weeks known."""


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

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, np.ndarray]:
        """Returns nothing."""
        return {}

    def importance(self) -> Mapping[str, float]:
        """Returns nothing."""
        return {}


def main() -> None:
    """Runs every method on every folder, prints the tables and writes them into the document."""
    arguments = _arguments()
    for folder in arguments.data:
        with _panel(folder, arguments.home) as (panel, settings):
            named = arguments.origins or PROTOCOLS.get(folder.name)
            wanted = [dt.date.fromisoformat(day) for day in named.split(",")] if named else ORIGINS
            cache = Cache(arguments.cache and arguments.cache / f"{folder.name}.json", panel.fingerprint)
            text = Comparison(panel, settings, origins_of(panel, wanted), cache, arguments.threads).run(folder.name)
        print(text)
        write_section(f"forecasts on {folder.name}", text)


@dataclass(frozen=True)
class Comparison:
    """All methods on one panel, at the same origins, as numbers of weeks known."""

    panel: Panel
    settings: Settings
    origins: Sequence[int]
    cache: "Cache"
    threads: int

    def run(self, title: str) -> str:
        """Returns the Markdown section, once every method has run that is not kept from before."""
        sales = Sales.of(self.panel)
        results, chosen = self.cache.read()
        if not chosen:
            with _quiet():
                chosen = search(sales.until(self.origins[0]), self.threads, _say)
            self.cache.write(results, chosen)
        for name, method in peers(chosen or FIRST_GUESS, self.threads, sales.prices is not None).items():
            if name not in results:
                results[name] = self._peer(name, method, sales)
                self.cache.write(results, chosen)
        if not any(name.startswith(OURS) for name in results):
            tried = forecasters(candidates(self.settings))
            made = self._forecasts(self.panel, tried)
            results |= {f"{OURS}{name.replace('_', ' ')}": sums for name, sums in self._scored(sales, made).items()}
            if self.panel.prices is not None:
                history = self.panel.until(self.origins[0])
                followers = [model for model in tried if follows_plans(model.fit(history))]
                told = self._forecasts(_told(self.panel), followers)
                names = {*told, ByGroup().name}
                results |= {
                    f"{OURS}{name.replace('_', ' ')}{TOLD}": sums
                    for name, sums in self._scored(sales, made | told).items()
                    if name in names
                }
            self.cache.write(results, chosen)
        return _report(title, self.panel, results, chosen)

    def _peer(self, name: str, method: Method, sales: Sales) -> dict[str, Sums]:
        sums = {}
        for week_count in self.origins:
            began = _processor_seconds()
            with _quiet():
                forecast = method(sales.until(week_count))
            sums[self._day(week_count)] = _score(sales, week_count, forecast, _processor_seconds() - began)
        _say(f"{name}: {_pooled(sums).wape:.1%}")
        return sums

    def _forecasts(self, panel: Panel, tried: Sequence[Forecaster]) -> Made:
        """Returns what candidates forecast, each fitted cold at each origin and the one before them."""
        made: Made = {}
        for week_count in [*warm_up_origins(self.origins), *self.origins]:
            history = panel.until(week_count)
            for model in tried:
                began = _processor_seconds()
                forecast = model.fit(history).predict(history, panel.horizon)
                made.setdefault(model.name, {})[week_count] = (forecast, _processor_seconds() - began)
        return made

    def _scored(self, sales: Sales, made: Made) -> Results:
        """Returns the sums of candidates, and of the choice among them, with intervals as the backtest makes them."""
        tried: list[Candidate] = [
            Replay(name, {week_count: forecast for week_count, (forecast, _) in forecasts.items()})
            for name, forecasts in made.items()
        ]
        results: Results = {}
        for week_count, result in zip(
            self.origins, run_backtest(self.panel, [*tried, ByGroup()], self.origins).origins, strict=True
        ):
            for name, forecast in result.forecasts.items():
                seconds = made[name][week_count][1] if name in made else 0.0
                sums = _score(sales, week_count, Forecast(forecast.point, *result.bounds[name][:2]), seconds)
                results.setdefault(name, {})[self._day(week_count)] = sums
        return results

    def _day(self, week_count: int) -> str:
        return str(as_date(self.panel.weeks[week_count - 1]))


def _told(panel: Panel) -> Panel:
    """Returns the panel whose plan is the prices that came, as if the retailer had planned them."""
    assert panel.prices is not None, "asked for only where prices are known"
    price = np.pad(panel.prices, ((0, 0), (0, LONGEST_HORIZON)), constant_values=np.nan)
    return replace(panel, plan=Plan(price, np.full_like(price, np.nan)))


def _score(sales: Sales, week_count: int, forecast: Forecast, seconds: float) -> Sums:
    history = sales.until(week_count)
    actual = sales.values[:, week_count : week_count + sales.horizon]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        scale = np.nanmean(np.diff(history.values, axis=1) ** 2, axis=1)
    scored = np.where(history.active[:, None], actual, np.nan)
    return sums_of(scored, forecast.point, forecast.lower, forecast.upper, history.weight(), scale, seconds)


def _report(title: str, panel: Panel, results: Results, chosen: Mapping[str, object]) -> str:
    """Returns the Markdown section: one row a method, the best last."""
    head = ["method", "WMAE", "WAPE", "WAPE of totals", "RMSSE", "in 80 %", "interval score", "s / origin"]
    rows = []
    for name, sums in sorted(results.items(), key=lambda item: -_pooled(item[1]).wmae):
        pooled = _pooled(sums)
        rows.append(
            [
                f"**{name}**" if name.startswith(OURS) else name,
                f"{pooled.wmae:,.{0 if pooled.wmae >= _MANY else 2}f}",
                f"{pooled.wape:.1%}",
                f"{pooled.total_wape:.1%}",
                _number(pooled.rmsse, ".3f"),
                _number(pooled.coverage, ".1%"),
                _number(pooled.scaled_interval_score, ".3f"),
                f"{pooled.seconds / len(sums):.1f}",
            ]
        )
    text = _introduction(panel, results, chosen)
    return f"## Forecasts against peers: {title}\n\n{text}\n\n{markdown_table(head, rows)}"


_MANY = 100
"""Errors from which decimals say nothing."""


def _introduction(panel: Panel, results: Results, chosen: Mapping[str, object]) -> str:
    first = next(iter(results.values()))
    unit = "pieces" if panel.retailer.is_in_units else f"money ({panel.retailer.currency})"
    libraries = ", ".join(f"{name} {version(name)}" for name in ("statsforecast", "mlforecast", "prophet", "lightgbm"))
    found = ", ".join(f"{key} {value}" for key, value in chosen.items())
    return (
        f"Weekly {unit}, horizons 1 to {panel.horizon} from {len(first)} origins, the last known weeks of which end on "
        f"{', '.join(first)}: {int(_pooled(first).rows):,} scored rows, the same for every method. WMAE (holiday weeks "
        f"weigh {panel.retailer.holiday_weight:g}); WAPE; WAPE of each series' total over the horizon; RMSSE, mean "
        "over series; share of the sales within the 80 % interval, and its score (width and penalties over absolute "
        "sales, less is better), ours calibrated on the origins before, the first on one that is not scored; seconds "
        "of the processor for fit and forecast of one origin; the choice by group costs what its parts do. "
        f"Measured with `make bench-forecasts`; {libraries}.\n\n"
        "The peers get the active series from their first week on, gaps filled with straight lines. LightGBM under "
        "mlforecast has lags up to 53 weeks, rolling means, week, month, day and the holiday flag, and a standardised "
        f"target; its parameters were searched on the weeks before the first origin: {found}. Told prices ahead, it "
        "has the price and the price over the series' mean price of every week. Series too short for a method get the "
        "seasonal naive forecast, else their last value. mlforecast gives intervals only for several times the fits, "
        "so it stands without."
    )


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _pooled(sums: Mapping[str, Sums]) -> Sums:
    return sum(sums.values(), Sums())


def _processor_seconds() -> float:
    """Returns what this process and those that it started and that have ended took of the processor so far."""
    return sum(os.times()[:4])


@dataclass(frozen=True)
class Cache:
    """The results of methods that need no second run, as JSON, by data; without a path nothing is kept."""

    path: Path | None
    fingerprint: str

    def read(self) -> tuple[Results, dict[str, object]]:
        """Returns the results and the parameters that were kept for this data."""
        if self.path is None or not self.path.exists():
            return {}, {}
        kept = json.loads(self.path.read_text())
        if kept["data"] != self.fingerprint:
            return {}, {}
        results = {
            name: {origin: Sums(**sums) for origin, sums in by_origin.items()}
            for name, by_origin in kept["results"].items()
        }
        return results, kept["parameters"]

    def write(self, results: Results, chosen: Mapping[str, object]) -> None:
        """Keeps the results and the parameters."""
        if self.path is None:
            return
        plain = {name: {day: asdict(sums) for day, sums in found.items()} for name, found in results.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        kept = {"data": self.fingerprint, "parameters": chosen, "results": plain}
        self.path.write_text(json.dumps(kept, indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    there = sorted(path for path in DATA.glob("*") if path.is_dir())
    parser.add_argument("--data", type=Path, nargs="*", default=there, help="folders with a retailer's files")
    parser.add_argument("--home", type=Path, help="home with the features of the one folder; built without it")
    parser.add_argument(
        "--origins", help="last known days of the origins, with commas; five of the backtest without it"
    )
    parser.add_argument("--cache", type=Path, help="folder of JSON files that keep the results of each method")
    parser.add_argument("--threads", type=int, default=1, help="threads of the peers")
    return parser.parse_args()


@contextmanager
def _panel(folder: Path, home: Path | None) -> Iterator[tuple[Panel, Settings]]:
    """Yields our panel of the files, and the settings of its home; without a home one is built, and removed."""
    settings = load_settings(home=home or Path(tempfile.mkdtemp(prefix="shelfcast-bench-")))
    # Started by root, Postgres runs as a user of its own, who must pass through.
    settings.home.chmod(0o711)
    prepare_environment(settings)
    if home is None:
        mapping = _mapping(settings, folder.resolve())
        _shelfcast(settings, "ingest", "--data", str(folder.resolve()), *mapping)
        _shelfcast(settings, "features")
    yield read_panel(open_database(settings)), settings
    if home is None:
        _shelfcast(settings, "stop")
        shutil.rmtree(settings.home)


def _mapping(settings: Settings, folder: Path) -> list[str]:
    """Returns what names the mapping: nothing where the folder has one, or its files are known without one."""
    if (folder / "shelfcast.toml").exists() or (folder / "train.csv").exists():
        return []
    target = settings.home / "shelfcast.toml"
    _shelfcast(settings, "init", str(folder), "--to", str(target))
    return ["--mapping", str(target)]


def _shelfcast(settings: Settings, *arguments: str) -> None:
    environment = {**os.environ, "SHELFCAST_HOME": str(settings.home)}
    subprocess.run([sys.executable, "-m", "flows.cli", *arguments], env=environment, check=True)


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
