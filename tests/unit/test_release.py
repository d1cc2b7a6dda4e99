"""What a stranger meets first says the same in every place: commands of lint, the version, links between documents."""

import re
import tomllib

import pytest
import yaml

from warehouse.settings import PROJECT_ROOT

DOCUMENTS = sorted([*PROJECT_ROOT.glob("*.md"), *PROJECT_ROOT.glob("docs/**/*.md")])


def test_commit_hooks_run_exactly_the_commands_of_make_lint():
    makefile = (PROJECT_ROOT / "Makefile").read_text()
    recipes = re.findall(r"^(?:style|types|\.venv/sql-linted):.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    commands = re.findall(r"\$\(BIN\)/(.*)", "".join(recipes))
    config = yaml.safe_load((PROJECT_ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook["entry"].removeprefix(".venv/bin/") for repo in config["repos"] for hook in repo["hooks"]]
    assert len(commands) == 4
    assert sorted(hooks) == sorted(commands)


def test_commit_hooks_fetch_nothing():
    config = yaml.safe_load((PROJECT_ROOT / ".pre-commit-config.yaml").read_text())
    assert {repo["repo"] for repo in config["repos"]} == {"local"}


def test_the_newest_section_of_the_changelog_is_the_version_of_the_package_and_of_the_lock():
    version = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]["version"]
    packages = tomllib.loads((PROJECT_ROOT / "uv.lock").read_text())["package"]
    sections = re.findall(r"^## \[?(\d+\.\d+\.\d+)", (PROJECT_ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert sections[0] == version
    assert [package["version"] for package in packages if package["name"] == "shelfcast"] == [version]


def test_every_decision_record_stands_in_the_index_with_its_date_and_status():
    index = (PROJECT_ROOT / "docs/decisions/README.md").read_text()
    for record in sorted(PROJECT_ROOT.glob("docs/decisions/[0-9]*.md")):
        text = record.read_text()
        date, status = (re.search(rf"^- {name}: (.+)$", text, re.MULTILINE)[1] for name in ("Date", "Status"))
        title = re.match(r"# \d{4}\. (.+)", text)[1]
        assert f"| [{record.name[:4]}]({record.name}) | {title} | {date} | {status} |" in index


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(PROJECT_ROOT).as_posix())
def test_links_between_documents_lead_somewhere(document):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []
