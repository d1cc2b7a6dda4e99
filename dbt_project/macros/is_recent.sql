{# Whether a week is one of the last `recent_weeks` weeks of data, the last one included. #}
{% macro is_recent(week, last_week) -%}
    {{ week }} > {{ last_week }} - {{ 7 * var('recent_weeks') }}
{%- endmacro %}
