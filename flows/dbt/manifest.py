"""dbt's manifest of what is published: other builds defer to it, and `state:modified` compares with it."""

from collections.abc import Collection, Mapping
from typing import Any

from warehouse.marts import LAYERS, NEXT

_RELATIONS = ("model", "seed")


def published_names(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the manifest of a build of the target `next` with the names that its relations get when published."""
    return {**manifest, "nodes": {key: _renamed(node) for key, node in manifest["nodes"].items()}}


def merged(new: Mapping[str, Any], before: Mapping[str, Any] | None, published: Collection[str]) -> dict[str, Any]:
    """Returns the manifest after a publication: what was published as it is now, the rest as it was.

    Args:
        new: manifest of the build, with published names.
        before: manifest of what was published until now, if any.
        published: `schema.table` of the relations that were published.
    """
    relations = {key: node for key, node in new["nodes"].items() if node["resource_type"] in _RELATIONS}
    fresh = {key for key, node in relations.items() if f"{node['schema']}.{node['alias']}" in published}
    is_whole = len(fresh) == len(relations)
    known = before["nodes"] if before is not None else {}
    nodes = {
        key: node if key in fresh or key not in relations else known[key]
        for key, node in new["nodes"].items()
        if key in fresh or key not in relations or key in known
    }
    # A macro counts as changed until all that may use it was built with it.
    macros = new["macros"] if is_whole or before is None else before["macros"]
    return {**new, "nodes": nodes, "macros": macros}


def _renamed(node: Mapping[str, Any]) -> dict[str, Any]:
    schema = str(node["schema"])
    layer = schema.removesuffix(NEXT)
    if layer == schema or layer not in LAYERS:
        return dict(node)
    relation = node.get("relation_name")
    return {
        **node,
        "schema": layer,
        "relation_name": relation.replace(f'"{schema}"', f'"{layer}"') if relation else relation,
    }
