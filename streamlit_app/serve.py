"""Serves the dashboard: `python -m streamlit_app.serve`, which is what `shelfcast dashboard` starts."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from warehouse.settings import PROJECT_ROOT, Settings

ENTRY = Path(__file__).with_name("app.py")


def command(settings: Settings, port: int, address: str = "127.0.0.1", hosts: Sequence[str] = ()) -> list[str]:
    """Returns the command that serves the dashboard of a home folder until it is stopped.

    Args:
        settings: whose `home` the dashboard shows.
        port: TCP port.
        address: where to listen; anything but loopback opens the dashboard to the network, without a password.
        hosts: names by which people open it, beside loopback and the address.
    """
    place = ["--home", str(settings.home), "--port", str(port), "--address", address]
    place += [part for host in hosts for part in ("--host", host)]
    return [sys.executable, "-m", "streamlit_app.serve", *place]


def serve(home: str, port: int, address: str, hosts: Sequence[str] = ()) -> None:
    """Serves until it is stopped."""
    os.environ["SHELFCAST_HOME"] = home
    # Streamlit reads its theme from the folder it is started in.
    os.chdir(PROJECT_ROOT)
    from starlette.middleware import Middleware
    from streamlit.starlette import App

    from streamlit_app.services.documents import routes
    from streamlit_app.services.gate import Gate
    from warehouse.environment import prepare_environment
    from warehouse.settings import load_settings

    settings = load_settings()
    prepare_environment(settings)
    # Imported before the first visitor comes, who would have to wait for them.
    for name in ("pandas", "plotly.graph_objects", "sqlalchemy.dialects.postgresql.psycopg"):
        importlib.import_module(name)
    gate = Middleware(Gate, hosts=(address, *hosts))
    App(ENTRY, routes=routes(settings), middleware=[gate]).run(config=server_options(port, address))


def server_options(port: int, address: str) -> dict[str, object]:
    """Returns the Streamlit options of a server that calls nobody and watches no files."""
    return {
        "server.port": port,
        "server.address": address,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.showEmailPrompt": False,
        "browser.gatherUsageStats": False,
        "browser.serverAddress": "127.0.0.1",
        "logger.level": "warning",
    }


def main() -> None:
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(prog="python -m streamlit_app.serve", description="Serve the dashboard.")
    parser.add_argument("--home", default=os.environ.get("SHELFCAST_HOME", str(PROJECT_ROOT / ".shelfcast")))
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--host", action="append", default=[], dest="hosts")
    given = parser.parse_args()
    serve(given.home, given.port, given.address, given.hosts)


if __name__ == "__main__":
    main()
