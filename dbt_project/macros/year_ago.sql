{# The comparable week of the year before: 52 weeks earlier, so that it ends on the same weekday. #}
{% macro year_ago(week) -%}
    {{ week }} - {{ 7 * var('year_weeks') }}
{%- endmacro %}
