{#
    Money of a column that is in the unit that is forecast: pieces times the price that was known when
    they were forecast.
#}
{% macro in_money(relation, column) -%}
    case {{ relation }}.unit_name
        when 'units' then {{ relation }}.{{ column }} * {{ relation }}.unit_price_amount
        else {{ relation }}.{{ column }}
    end
{%- endmacro %}
