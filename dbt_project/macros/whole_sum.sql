{#
    Sum of a column that is known for every row of the other one, else nothing: money of some series is
    not that of all.
#}
{% macro whole_sum(column, beside) -%}
    case when count({{ column }}) = count({{ beside }}) then sum({{ column }}) end
{%- endmacro %}
