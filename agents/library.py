"""CrewAI, imported once with its files under the home folder and nothing sent anywhere."""

import importlib
from pathlib import Path

from warehouse.environment import prepare_environment
from warehouse.settings import Settings


def load_crewai(settings: Settings) -> None:
    """Imports CrewAI (about ten seconds the first time) so that it writes only under the home folder.

    CrewAI makes a key file for its cloud service under `~/.local/share` when it is imported, wherever its other files
    are; a read-only home would end the import. Its folder is pointed at ours before that.
    """
    prepare_environment(settings)
    _keep_credentials_under(settings.home / "crewai" / "credentials")
    importlib.import_module("crewai")


def _keep_credentials_under(folder: Path) -> None:
    from crewai_core.token_manager import TokenManager

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    TokenManager._get_secure_storage_path = staticmethod(lambda: folder)  # type: ignore[method-assign]
