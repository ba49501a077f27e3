-- Opened by the consumer of paid orders, which gives the order and the time alone.
create table shipments (
  order_id         uuid primary key,
  state            text not null default 'open'
    check (state in ('open', 'withdrawn', 'shipped', 'delivered', 'cancelled', 'stray')),
  attempts         int not null default 0,
  first_attempt_at timestamptz(3),
  next_attempt_at  timestamptz(3),
  tracking_id      text,
  reason           text,
  version          bigint not null default 1
) with (fillfactor = 80);

create index shipments_due on shipments (next_attempt_at) where next_attempt_at is not null;

create table carrier_callbacks (
  id          text collate "C" primary key,
  order_id    uuid not null,
  received_at timestamptz(3) not null default now()
);
