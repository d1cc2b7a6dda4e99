"""CrewAI, imported once with its files under the home folder and nothing sent anywhere."""

import importlib
from pathlib import Path

from warehouse.environment import prepare_environment
from warehouse.settings import Settings


def load_crewai(settings: Settings) -> None:
    """Imports CrewAI (about ten seconds the first time) so that it writes only under the home folder.

    When it is imported, CrewAI makes a key file for its cloud service under `~/.local/share` and a folder under
    `~/.config`, whatever the environment says; a read-only home would end the import. Both are pointed at ours before.
    """
    prepare_environment(settings)
    _keep_files_under(settings.home / "crewai")
    importlib.import_module("crewai")


def _keep_files_under(folder: Path) -> None:
    import crewai_core.settings
    from crewai_core.token_manager import TokenManager

    credentials = folder / "credentials"
    credentials.mkdir(parents=True, exist_ok=True, mode=0o700)
    TokenManager._get_secure_storage_path = staticmethod(lambda: credentials)  # type: ignore[method-assign]
    crewai_core.settings.DEFAULT_CONFIG_PATH = folder / "settings.json"
