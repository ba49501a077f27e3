-- A row for each unit that can be had, for the inventory that takes rows (guard skip-locked); empty under all others.
create table stock_units (
  product_id uuid   not null,
  unit       bigint not null generated always as identity,
  primary key (product_id, unit)
);
