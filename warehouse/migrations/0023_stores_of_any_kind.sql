-- Any retailer's stores: types are words of its own, and neither sizes nor covariates need be known.
alter table raw.store_attributes drop constraint store_attributes_store_type_check;
alter table raw.store_attributes add constraint store_attributes_store_type_check check (store_type <> '');
alter table raw.store_attributes alter column size_sqft drop not null;
alter table features.engineered_features alter column size_sqft drop not null;
alter table features.engineered_features alter column size_normalized drop not null;
comment on table raw.store_attributes is 'One row per store, from stores.csv; from the sales where there is none.';
comment on column raw.store_attributes.store_type is 'Type of the store, as the retailer sorts them; all where no file says.';
comment on column raw.store_attributes.size_sqft is 'Sales area in square feet; empty where it is not known.';
