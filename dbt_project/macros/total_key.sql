{#
    What a sum of pairs is known by: its level and its store, department or store type, for instance
    store-1; the chain has no second part.
#}
{% macro total_key(relation) -%}
    concat_ws(
        '-',
        {{ relation }}.level_name,
        coalesce(
            cast({{ relation }}.store_id as text),
            cast({{ relation }}.dept_id as text),
            {{ relation }}.store_type
        )
    )
{%- endmacro %}
