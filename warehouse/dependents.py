"""What hangs on relations that are replaced: views and foreign keys, taken down and made again as they were."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from warehouse.errors import ShelfcastError

logger = logging.getLogger(__name__)

Statement = sql.SQL | sql.Composed

_WORDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view"}

_HANGING_VIEWS = """
with recursive hanging (oid, depth) as (
    select r.ev_class, 1
    from pg_depend d join pg_rewrite r on r.oid = d.objid
    join pg_class v on v.oid = r.ev_class and v.relkind in ('v', 'm')
    where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
        and d.refobjid = any(%(oids)s::oid[]) and r.ev_class <> d.refobjid
    union
    select r.ev_class, h.depth + 1
    from hanging h
    join pg_depend d on d.refobjid = h.oid and d.refclassid = 'pg_class'::regclass
    join pg_rewrite r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass and r.ev_class <> h.oid
    join pg_class v on v.oid = r.ev_class and v.relkind in ('v', 'm')
    -- Views can be made to read each other in a circle.
    where h.depth <= (select count(*) from pg_class where relkind in ('v', 'm'))
)
select c.oid::bigint, n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner),
    pg_get_viewdef(c.oid), coalesce(array_to_string(c.reloptions, ', '), '')
from (select oid, max(depth) as depth from hanging group by oid) h
join pg_class c on c.oid = h.oid join pg_namespace n on n.oid = c.relnamespace
where c.oid <> all(%(oids)s::oid[]) and c.relpersistence <> 't'
order by h.depth, n.nspname, c.relname
"""
_HANGING_KEYS = """
select c.oid::bigint, n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner),
    k.conname, pg_get_constraintdef(k.oid)
from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
where k.contype = 'f' and k.confrelid = any(%(oids)s::oid[]) and k.conrelid <> all(%(oids)s::oid[])
    and k.conparentid = 0
order by n.nspname, c.relname, k.conname
"""
_COMMENTS = """
select coalesce(a.attname, ''), d.description
from pg_description d left join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0
where d.classoid = 'pg_class'::regclass and d.objoid = %s
order by d.objsubid
"""
_GRANTS = """
select a.privilege_type, a.is_grantable, case when a.grantee = 0 then '' else pg_get_userbyid(a.grantee) end
from pg_class c, aclexplode(c.relacl) a where c.oid = %s and a.grantee <> c.relowner
order by 3, 1
"""
_BEHAVIOUR = """
select pg_get_triggerdef(oid) from pg_trigger where tgrelid = %(oid)s and not tgisinternal
union all
select pg_get_ruledef(oid) from pg_rewrite where ev_class = %(oid)s and rulename <> '_RETURN'
union all
select format(
    'alter view %%s alter column %%I set default %%s', adrelid::regclass, attname, pg_get_expr(adbin, adrelid)
)
from pg_attrdef inner join pg_attribute on attrelid = adrelid and attnum = adnum
where adrelid = %(oid)s
"""
"""Triggers, rules and defaults of a view."""
_INDEXES = "select pg_get_indexdef(indexrelid) from pg_index where indrelid = %s order by indexrelid"


@dataclass(frozen=True)
class Relation:
    """A table or view; `kind` is that of pg_class."""

    oid: int
    schema: str
    table: str
    kind: str
    owner: str

    @property
    def name(self) -> str:
        """Schema and table, as people write it."""
        return f"{self.schema}.{self.table}"

    @property
    def word(self) -> str:
        """What SQL calls a relation of this kind."""
        return _WORDS[self.kind]

    def moved(self, schema: str) -> "Relation":
        """Returns the relation as it is called in another schema."""
        return replace(self, schema=schema)


@dataclass(frozen=True)
class HangingView:
    """A view, with all that makes it again: statements in order, the first of which creates it."""

    relation: Relation
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class HangingKey:
    """A foreign key of a table that stays to one that is replaced."""

    relation: Relation
    key: str
    definition: str


@dataclass(frozen=True)
class Dependents:
    """Views, in the order in which they can be made, and foreign keys: ours, and the views of others."""

    views: tuple[HangingView, ...]
    keys: tuple[HangingKey, ...]
    others: tuple[HangingView, ...]

    def drop(self, connection: "psycopg.Connection[Any]") -> None:
        """Takes down our keys and views, those first that stand on others."""
        for key in self.keys:
            statement = sql.SQL("alter table {} drop constraint {}")
            connection.execute(statement.format(identifier(key.relation), sql.Identifier(key.key)))
        for view in reversed(self.views):
            relation = view.relation
            statement = sql.SQL("drop {} if exists {} cascade")
            connection.execute(statement.format(sql.SQL(relation.word), identifier(relation)))

    def make_again(self, connection: "psycopg.Connection[Any]") -> None:
        """Makes our views and keys as they were, on the relations that now bear the names they read.

        Raises:
            ShelfcastError: one no longer fits.
        """
        for view in self.views:
            _make(connection, f"view {view.relation.name}", view.statements)
        for key in self.keys:
            add = sql.SQL("alter table {} add constraint {} ").format(
                identifier(key.relation), sql.Identifier(key.key)
            ) + _text(key.definition)
            _make(connection, f"foreign key {key.key} of {key.relation.name}", (add,))


def relations_in(connection: "psycopg.Connection[Any]", schemas: Sequence[str]) -> list[Relation]:
    """Returns the tables and views of schemas."""
    rows = connection.execute(
        "select c.oid::bigint, n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner) "
        "from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = any(%s) and c.relkind in ('r', 'p', 'v', 'm') order by n.nspname, c.relname",
        [list(schemas)],
    )
    return [Relation(*row) for row in rows]


def capture_dependents(connection: "psycopg.Connection[Any]", replaced: Sequence[Relation]) -> Dependents:
    """Returns what hangs on relations and is not among them; definitions name schemas where search_path has none."""
    parameters = {"oids": [relation.oid for relation in replaced]}
    views = [
        HangingView(relation, _view_statements(connection, relation, definition, options))
        for relation, definition, options in (
            (Relation(*row[:5]), row[5], row[6]) for row in connection.execute(_HANGING_VIEWS, parameters).fetchall()
        )
    ]
    keys = [
        HangingKey(Relation(*row[:5]), row[5], row[6])
        for row in connection.execute(_HANGING_KEYS, parameters).fetchall()
    ]
    us = connection.info.user
    return Dependents(
        tuple(view for view in views if view.relation.owner == us),
        tuple(key for key in keys if key.relation.owner == us),
        tuple(view for view in views if view.relation.owner != us),
    )


def capture_grants(
    connection: "psycopg.Connection[Any]", relations: Sequence[Relation], without: Sequence[str] = ()
) -> list[Statement]:
    """Returns the statements that grant on relations of these names what is granted on these now, some roles apart."""
    found: list[Statement] = []
    for relation in relations:
        found += [
            _grant_statement(relation, privilege, is_grantable, role)
            for privilege, is_grantable, role in connection.execute(_GRANTS, [relation.oid]).fetchall()
            if role not in without
        ]
    return found


def identifier(relation: Relation) -> sql.Identifier:
    """Returns schema and table as they are written in a statement."""
    return sql.Identifier(relation.schema, relation.table)


def _view_statements(
    connection: "psycopg.Connection[Any]", relation: Relation, definition: str, options: str
) -> tuple[Statement, ...]:
    name, word = identifier(relation), sql.SQL(relation.word)
    settings = _text(f"with ({options}) ") if options else sql.SQL("")
    create = sql.SQL("create {} {} {}as ").format(word, name, settings) + _text(definition.rstrip().rstrip(";"))
    if relation.kind == "m":
        create += sql.SQL(" with no data")
    indexes = [_text(row[0]) for row in connection.execute(_INDEXES, [relation.oid]).fetchall()]
    comments = [
        _comment_statement(relation, column, text)
        for column, text in connection.execute(_COMMENTS, [relation.oid]).fetchall()
    ]
    behaviour = [_text(row[0]) for row in connection.execute(_BEHAVIOUR, {"oid": relation.oid}).fetchall()]
    return (create, *indexes, *behaviour, *comments, *capture_grants(connection, [relation]))


def _comment_statement(relation: Relation, column: str, text: str) -> Statement:
    name = sql.Identifier(relation.schema, relation.table, column) if column else identifier(relation)
    word = sql.SQL("column" if column else relation.word)
    return sql.SQL("comment on {} {} is {}").format(word, name, sql.Literal(text))


def _grant_statement(relation: Relation, privilege: str, is_grantable: bool, role: str) -> Statement:
    grantee = sql.Identifier(role) if role else sql.SQL("public")
    ending = sql.SQL(" with grant option" if is_grantable else "")
    return sql.SQL("grant {} on {} to {}").format(_text(privilege), identifier(relation), grantee) + ending


def _text(statement: str) -> Statement:
    """Returns SQL that the server itself wrote, such as a view's definition."""
    return sql.SQL(statement.replace("{", "{{").replace("}", "}}")).format()


def _make(connection: "psycopg.Connection[Any]", what: str, statements: Sequence[Statement]) -> None:
    try:
        for statement in statements:
            connection.execute(statement)
    except (psycopg.errors.ProgrammingError, psycopg.errors.IntegrityError) as error:
        raise ShelfcastError(
            f"Nothing was published: the {what} no longer fits ({str(error).splitlines()[0]}).",
            "Build it too: select the changed model with a + behind its name.",
        ) from None
