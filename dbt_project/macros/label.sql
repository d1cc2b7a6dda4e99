{#
    What people see of a thing: its name where it has one, else its code. Where two things would show the
    same text, the ones with a name have their code behind it.
#}
{% macro label(name, code) -%}
    case
        when
            nullif(trim({{ name }}), '') is not null
            and count(*) over (
                partition by coalesce(nullif(trim({{ name }}), ''), {{ code }})
            ) > 1
            then trim({{ name }}) || ' (' || {{ code }} || ')'
        else coalesce(nullif(trim({{ name }}), ''), {{ code }})
    end
{%- endmacro %}
