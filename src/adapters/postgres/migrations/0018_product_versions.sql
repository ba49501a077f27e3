-- Products can be edited: each edit is a version, counted apart from those of the stock.
alter table products add column version bigint not null default 1 check (version >= 1);
alter table products add column archived boolean not null default false;
-- The product's version once more, in the row that every sale of one transaction locks: an edit meets the sale there.
alter table stock add column product_version bigint not null default 1;
-- Versions that have ended, each with the version of the stock at which it did: what was reserved up to there was sold as it says.
create table product_versions (
  product_id     uuid,
  version        bigint,
  stock_version  bigint not null,
  name           text not null,
  price_amount   bigint not null,
  purchase_limit bigint,
  archived       boolean not null,
  ended_at       timestamptz(3) not null,
  primary key (product_id, version)
);
