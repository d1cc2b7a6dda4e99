"""The dashboard over a copy of a finished home, and a browser that looks at it."""

import functools
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from homes import copied_home, rest
from servers import wait_for
from warehouse.database import Database
from warehouse.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_SECONDS = 300
"""When a page is given up: far beyond what one takes on a busy machine."""
REBUILT = ("fct_inventory_recommendations", "fct_forecast_drift", "fct_forecast_accuracy+")
"""The marts that are tables and read what `states.sql` changes; all others are views."""


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("no chromium; on Debian: apt-get install chromium")
    return found


@pytest.fixture(scope="session")
def home(chromium: str, finished_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a copy of the finished home, in the states of `states.sql`, of which dbt has made the marts."""
    from flows.dbt.runner import build_part
    from warehouse.environment import prepare_environment
    from warehouse.opening import open_database

    settings = copied_home(finished_home, tmp_path_factory.mktemp("browser") / "home")
    prepare_environment(settings)
    database = open_database(settings)
    with database.connect("pipeline") as connection:
        connection.execute(Path(__file__).with_name("states.sql").read_text())  # type: ignore[arg-type]
    build_part(settings, database, ["build", "--select", *REBUILT])
    yield settings
    rest(settings)


@pytest.fixture(scope="session")
def warehouse(home: Settings) -> Database:
    """The database that the dashboard shows."""
    from warehouse.opening import open_database

    return open_database(home)


@pytest.fixture(autouse=True)
def as_the_house_writes(warehouse: Database) -> Iterator[None]:
    """Lets the tests write figures as the pages do: in the currency and the words of the retailer."""
    from warehouse.wording import read_wording, speaking

    with speaking(read_wording(warehouse)):
        yield


@pytest.fixture(scope="session")
def mart(warehouse: Database) -> Callable[..., Any]:
    """Returns the first value of a query over the marts."""
    return lambda query, **parameters: warehouse.read_frame("reader", query, parameters).iloc[0, 0]


@pytest.fixture(scope="session")
def address(home: Settings) -> Iterator[str]:
    """Address of the dashboard, served by the command that `shelfcast dashboard` starts."""
    from streamlit_app.serve import command

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "SHELFCAST_HOME": str(home.home)}
    log = home.home / "logs" / "dashboard.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command(home, port), env=environment, cwd=PROJECT_ROOT, stdout=output, stderr=output)
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=15)


@pytest.fixture(scope="session")
def browser(chromium: str, address: str) -> Iterator["BrowserContext"]:
    """A headless Chromium, its pages at the address of the dashboard."""
    from playwright.sync_api import sync_playwright

    # Not in the home: the path of a socket may have about a hundred characters.
    own = {**os.environ, "TMPDIR": "/tmp"}
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=FLAGS, env=own) as launched,
    ):
        context = launched.new_context(base_url=address, viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        yield context


@pytest.fixture
def open_page(browser: "BrowserContext") -> Iterator[Callable[[str], "Page"]]:
    """Opens a page of the dashboard for one test, which may change it, and waits until it has drawn itself."""
    pages: list[Page] = []

    def go(path: str) -> "Page":
        pages.append(opened(browser, path))
        return pages[-1]

    yield go
    for page in pages:
        page.close()


@pytest.fixture(scope="session")
def look_at(browser: "BrowserContext") -> Callable[[str], "Page"]:
    """Returns a page of the dashboard that is opened once, for all tests that only look at it."""
    return functools.cache(lambda path: opened(browser, path))


def opened(browser: "BrowserContext", path: str) -> "Page":
    page = browser.new_page()
    page.goto(f"/{path}")
    page.wait_for_selector("h1")
    wait_until_drawn(page)
    return page


@pytest.fixture(scope="session")
def settle() -> Callable[["Page"], None]:
    """Waits until the script behind a page has ended and what it no longer shows is gone."""
    return wait_until_drawn


def wait_until_drawn(page: "Page") -> None:
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
