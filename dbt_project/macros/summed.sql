{# Sums of columns under their own names: what adds up is listed once and summed at every level alike. #}
{% macro summed(columns) -%}
    {% for column in columns -%}
    sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}
