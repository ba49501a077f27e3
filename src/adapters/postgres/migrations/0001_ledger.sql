-- One row per lane: the fence. 64 rows in as many pages' worth of room, so that every commit's update is HOT.
create table lanes (
  lane  smallint primary key,
  epoch bigint not null,
  seq   bigint not null
) with (fillfactor = 20);
insert into lanes select lane, 0, 0 from generate_series(0, 63) lane;

create table products (
  id             uuid primary key,
  sku            text collate "C" not null unique,
  name           text not null,
  price_amount   bigint not null check (price_amount >= 0),
  price_currency text not null,
  purchase_limit bigint check (purchase_limit > 0),
  lane           smallint not null,
  created_at     timestamptz(3) not null
);

create table stock (
  product_id uuid primary key references products,
  on_hand    bigint not null,
  reserved   bigint not null,
  version    bigint not null check (version >= 1),
  constraint never_oversold check (on_hand >= reserved and reserved >= 0)
) with (fillfactor = 50);

create table orders (
  id                 uuid primary key,
  customer_id        text collate "C" not null,
  status             text not null check (status in
    ('reserved', 'paid', 'shipped', 'delivered', 'cancelled', 'expired', 'payment_failed')),
  total_amount       bigint not null check (total_amount >= 0),
  currency           text not null,
  created_at         timestamptz(3) not null,
  expires_at         timestamptz(3) not null,
  version            bigint not null check (version >= 1),
  attempt_token      text,
  attempt_started_at timestamptz(3),
  refund             text not null default 'none' check (refund in ('none', 'due', 'done')),
  cancel_reason      text,
  elsewhere          boolean not null default false,
  constraint attempt_is_whole check ((attempt_token is null) = (attempt_started_at is null)),
  constraint attempt_is_pending check (attempt_token is null or status = 'reserved')
);
create index orders_of_customer on orders (customer_id, id);
create index orders_by_status on orders (status, id);
create index orders_to_expire on orders (expires_at) where status = 'reserved' and attempt_token is null;
create index orders_unsettled on orders (id) where attempt_token is not null or refund = 'due' or elsewhere;

-- Holds are also the lines of their order. lapses_at is set exactly while a hold is tentative: the partial index hangs on
-- it and not on state, so that confirming a hold touches no index.
create table holds (
  order_id    uuid,
  product_id  uuid,
  line_no     smallint not null,
  customer_id text collate "C" not null,
  lane        smallint not null,
  quantity    bigint not null check (quantity > 0),
  unit_price  bigint not null check (unit_price >= 0),
  currency    text not null,
  state       text not null check (state in ('tentative', 'held', 'confirmed', 'released', 'expired', 'returned')),
  lapses_at   timestamptz(3),
  primary key (order_id, product_id),
  constraint tentative_lapses check ((state = 'tentative') = (lapses_at is not null))
) with (fillfactor = 80);
create index holds_to_lapse on holds (lane, lapses_at) where lapses_at is not null;

create table customer_units (
  product_id  uuid,
  customer_id text collate "C",
  units       bigint not null check (units >= 0),
  primary key (product_id, customer_id)
) with (fillfactor = 80);

create table idempotency_keys (
  route        text collate "C",
  key          text collate "C",
  fingerprint  uuid not null,
  order_id     uuid,
  order_status text,
  answer       text,
  created_at   timestamptz(3) not null default now(),
  primary key (key, route),
  constraint one_answer check ((order_id is null) = (answer is not null) and (order_id is null) = (order_status is null))
) with (fillfactor = 90);

create table movements (
  product_id     uuid,
  version        bigint,
  type           text not null,
  on_hand_delta  bigint not null,
  reserved_delta bigint not null,
  on_hand        bigint not null,
  reserved       bigint not null,
  order_id       uuid,
  reason         text,
  at             timestamptz(3) not null,
  primary key (product_id, version)
);

create table outbox (
  lane            smallint,
  seq             bigint,
  event_id        uuid not null,
  subject_kind    text not null,
  subject         uuid not null,
  subject_version bigint not null,
  type            text not null,
  payload         text not null,
  occurred_at     timestamptz(3) not null,
  primary key (lane, seq)
);
