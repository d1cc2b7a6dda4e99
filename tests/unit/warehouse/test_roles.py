"""What each role may read, compared with what stands elsewhere about it."""

import re

import yaml

from warehouse.role_limits import AGENT_MARTS, ROLE_LIMITS
from warehouse.secrets import ROLES
from warehouse.settings import PROJECT_ROOT

SHARED = ("codes.py", "retailer.py")
"""Modules that query marts for everybody, the agents among them."""


def test_the_agents_may_read_what_their_exposure_names():
    exposures = yaml.safe_load((PROJECT_ROOT / "dbt_project" / "models" / "exposures.yml").read_text())["exposures"]
    (agents,) = [exposure for exposure in exposures if exposure["name"] == "agents"]
    assert {re.fullmatch(r"ref\('(\w+)'\)", name).group(1) for name in agents["depends_on"]} == set(AGENT_MARTS)


def test_the_agents_may_read_what_their_tools_query_and_nothing_else():
    rooms = [*(PROJECT_ROOT / "agents").glob("*.py"), *(PROJECT_ROOT / "warehouse" / name for name in SHARED)]
    queried = {name for path in rooms for name in re.findall(r"\b(?:from|join) marts\.(\w+)", path.read_text())}
    assert queried == set(AGENT_MARTS)


def test_only_the_analyst_reads_whole_schemas_beside_the_marts():
    beyond = {role for role, limits in ROLE_LIMITS.items() if set(limits.schemas) - {"marts"}}
    assert beyond == {"analyst"}
    assert not {"raw_incoming", "marts_next"} & set(ROLE_LIMITS["analyst"].schemas)


def test_only_what_builds_and_publishes_names_the_next_state_and_nobody_else_reads_it():
    naming = {
        path.relative_to(PROJECT_ROOT).as_posix()
        for room in ("warehouse", "spark_jobs", "expectations", "ml", "agents", "flows", "streamlit_app", "dbt_project")
        for path in (PROJECT_ROOT / room).rglob("*.*")
        if path.suffix in (".py", ".sql", ".yml") and "dbt_packages" not in path.parts
        if re.search(r"\b(staging|intermediate|marts)_next\b", path.read_text())
    }
    assert naming == {
        "warehouse/marts.py",
        "warehouse/migrations/0012_marts_publication.sql",
        "warehouse/conventions.py",
        # The stage recommend alone: its policies are those of its own run.
        "ml/inventory/orders/inputs.py",
    }
    assert not any("next" in limits for role in ROLE_LIMITS.values() for limits in role.schemas)


def test_every_role_has_a_password_of_its_own_and_a_limit_of_time():
    assert set(ROLES) == {"postgres", "pipeline", *ROLE_LIMITS}
    assert all(limits.statement for limits in ROLE_LIMITS.values())


def test_only_the_set_up_of_the_server_knows_the_superuser():
    knowing = {
        path.relative_to(PROJECT_ROOT).as_posix()
        for room in ("warehouse", "spark_jobs", "expectations", "ml", "agents", "flows", "streamlit_app")
        for path in (PROJECT_ROOT / room).rglob("*.py")
        if re.search(r"(user=|passwords\[)[\"']postgres[\"']", path.read_text())
    }
    assert knowing == {"warehouse/embedded.py"}
