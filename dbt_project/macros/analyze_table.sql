{# A table made anew has no statistics until the server finds time; queries that come sooner are planned blindly. #}
{% macro analyze_table() %}
    {%- if config.get('materialized') in ('table', 'incremental') -%}
        analyze {{ this }}
    {%- endif -%}
{% endmacro %}
