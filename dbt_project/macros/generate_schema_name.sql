{#
    Where a model goes. To `warehouse`: the schema that its folder names. To `next`: beside it, in the
    schema of that name with `_next` behind it, which is published once the tests have passed; what
    keeps a state from build to build stays in its own place. To `dev`: the analyst's own schema.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set schema = (custom_schema_name or target.schema) | trim -%}
    {%- set is_stateful = node.resource_type == 'snapshot' or node.config.materialized == 'incremental' -%}
    {%- if target.name == 'dev' -%}
        {{ target.schema }}
    {%- elif target.name == 'next' and not is_stateful -%}
        {{ schema }}_next
    {%- else -%}
        {{ schema }}
    {%- endif -%}
{%- endmacro %}
