"""The static sites that the pipeline writes, served beside the dashboard on the same port."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from warehouse.settings import Settings

ROOT = "/documents"
FOLDERS = ("data_docs", "dbt_docs")
POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"
"""What a page of a site may load: nothing that is not on this server."""


@dataclass(frozen=True)
class Document:
    """The first page of a static site: its file, and its address on the dashboard's server."""

    path: Path
    address: str


def routes(settings: Settings) -> list[Mount]:
    """Returns the routes under which the sites in the home folder are served."""
    return [
        Mount(f"{ROOT}/{name}", app=Site(directory=settings.home / name, check_dir=False, html=True))
        for name in FOLDERS
    ]


def data_docs(settings: Settings) -> Document | None:
    """Returns the Great Expectations site, or None where no audit has written it."""
    found = sorted((settings.home / "data_docs").rglob("index.html"), key=lambda path: len(path.parts))
    return _document(settings, "data_docs", found[0]) if found else None


def dbt_docs(settings: Settings) -> Document | None:
    """Returns the dbt docs site, or None where it was not built."""
    root = settings.home / "dbt_docs"
    found = [root / name for name in ("static_index.html", "index.html") if (root / name).exists()]
    return _document(settings, "dbt_docs", found[0]) if found else None


class Site(StaticFiles):
    """Static files whose pages may load nothing from elsewhere."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Returns a file of the site under a policy that keeps the browser on this server."""
        response = await super().get_response(path, scope)
        response.headers["Content-Security-Policy"] = POLICY
        return response


def _document(settings: Settings, site: str, path: Path) -> Document:
    inside = path.relative_to(settings.home / site).as_posix()
    return Document(path, f"{ROOT}/{site}/{quote(inside)}")
