import pytest

from warehouse.errors import UsageError
from warehouse.settings import PROJECT_ROOT, Settings, load_settings


def test_a_setting_that_is_not_known_is_refused_by_name_without_its_value(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("GEMINI_KEY=very-secret\n")
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    with pytest.raises(UsageError, match="GEMINI_KEY") as caught:
        load_settings()
    assert "very-secret" not in str(caught.value)


def test_a_value_out_of_range_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("REJECT_RATE_MAX", "1.5")
    with pytest.raises(UsageError, match="REJECT_RATE_MAX"):
        load_settings()


def test_the_home_folder_is_inside_the_project_whatever_home_the_user_has(monkeypatch, tmp_path):
    monkeypatch.delenv("SHELFCAST_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings().home == PROJECT_ROOT / ".shelfcast"


def test_settings_are_frozen(tmp_path):
    settings = load_settings(home=tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.seed = 1


def test_secrets_do_not_show_in_the_representation(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:very-secret@host/db")
    monkeypatch.setenv("GEMINI_API_KEY", "another-secret")
    shown = repr(load_settings())
    assert "very-secret" not in shown
    assert "another-secret" not in shown


@pytest.mark.parametrize(("variable", "is_embedded"), [("DATABASE_URL", False), ("DB_HOST", False), ("DB_NAME", True)])
def test_the_embedded_server_is_used_unless_another_is_named(monkeypatch, variable, is_embedded):
    for name in ("DATABASE_URL", "DB_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "postgresql://me@host/db")
    assert load_settings().is_embedded is is_embedded
