"""How arguments of dbt are read, and which manifest belongs to a publication."""

import pytest

from flows.dbt.manifest import merged, published_names
from flows.dbt.runner import split_target, with_tests
from warehouse.errors import UsageError


def node(name: str, schema: str = "marts", kind: str = "model", checksum: str = "old") -> dict[str, object]:
    return {
        "resource_type": kind,
        "schema": schema,
        "alias": name,
        "checksum": checksum,
        "relation_name": f'"shop"."{schema}"."{name}"',
    }


def manifest(*nodes: dict[str, object], macros: str = "old") -> dict[str, object]:
    return {"nodes": {str(each["alias"]): each for each in nodes}, "macros": macros, "sources": {}}


@pytest.mark.parametrize(
    ("arguments", "target", "rest"),
    [
        (["build", "-s", "x"], "warehouse", ["build", "-s", "x"]),
        (["build", "--target", "dev", "-s", "x"], "dev", ["build", "-s", "x"]),
        (["build", "-s", "x", "-t", "dev"], "dev", ["build", "-s", "x"]),
        (["build", "--target=warehouse"], "warehouse", ["build"]),
        (["ls"], "warehouse", ["ls"]),
    ],
)
def test_the_target_is_told_from_the_other_arguments(arguments, target, rest):
    assert split_target(arguments) == (target, rest)


@pytest.mark.parametrize("arguments", [["build", "--target", "next"], ["build", "--target"], ["build", "-t", "prod"]])
def test_a_target_that_is_not_known_is_refused_with_those_that_are(arguments):
    with pytest.raises(UsageError, match="The targets are warehouse and dev"):
        split_target(arguments)


def test_run_and_seed_become_builds_that_test_what_they_make():
    assert with_tests(["run", "-s", "x"]) == [
        "build",
        "--resource-type",
        "model",
        "--resource-type",
        "test",
        "--resource-type",
        "unit_test",
        "-s",
        "x",
    ]
    assert with_tests(["seed"]) == ["build", "--resource-type", "seed", "--resource-type", "test"]
    assert with_tests(["build", "-s", "x"]) == ["build", "-s", "x"]


def test_a_manifest_gets_the_names_that_its_relations_have_when_published():
    given = manifest(node("fct_a", "marts_next"), node("snap", "intermediate", "snapshot"))
    nodes = published_names(given)["nodes"]
    assert (nodes["fct_a"]["schema"], nodes["fct_a"]["relation_name"]) == ("marts", '"shop"."marts"."fct_a"')
    assert nodes["snap"] == given["nodes"]["snap"]


def test_after_a_part_was_published_the_rest_of_the_manifest_is_as_it_was():
    before = manifest(node("fct_a"), node("fct_b"))
    new = manifest(
        node("fct_a", checksum="new"),
        node("fct_b", checksum="new"),
        node("fct_c", checksum="new"),
        node("a_test", kind="test", checksum="new"),
        macros="new",
    )
    kept = merged(new, before, {"marts.fct_a"})
    assert {name: each["checksum"] for name, each in kept["nodes"].items()} == {
        "fct_a": "new",
        "fct_b": "old",
        "a_test": "new",
    }
    assert kept["macros"] == "old"


def test_after_everything_was_published_the_manifest_is_the_new_one():
    new = manifest(node("fct_a", checksum="new"), node("fct_b", checksum="new"), macros="new")
    assert merged(new, manifest(node("fct_a")), {"marts.fct_a", "marts.fct_b"}) == new


def test_models_that_the_first_publication_left_out_are_not_in_its_manifest():
    new = manifest(node("fct_core"), node("fct_later"))
    assert set(merged(new, None, {"marts.fct_core"})["nodes"]) == {"fct_core"}
