-- What operators have stopped selling: read as a whole once a second, by every process.
create table pauses (
  scope      text   primary key,
  product_id uuid,
  reason     text   not null,
  since_ms   bigint not null,
  until_ms   bigint,
  check (scope = coalesce(product_id::text, 'all'))
);
