-- Where the home folder and its lake lay when the places in the tables were written: a home that was moved finds them.
create table ops.home (
    is_only boolean primary key default true check (is_only),
    home text not null,
    lake text not null
);
comment on table ops.home is 'One row: the home folder and the root of the lake that places in other tables begin with.';
comment on column ops.home.is_only is 'Always true: there is one row.';
comment on column ops.home.home is 'Home folder.';
comment on column ops.home.lake is 'Root of the lake, a folder or a URI.';
