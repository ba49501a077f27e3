-- How often each was looked at: added to in batches, in pages with room for it.
create table product_views (
  product_id uuid   primary key,
  views      bigint not null
) with (fillfactor = 50);
