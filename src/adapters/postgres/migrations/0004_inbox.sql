-- Sliced by time: an event's id is a UUIDv7, which begins with the milliseconds since 1970.
create table inbox (
  event_id uuid,
  consumer text collate "C",
  primary key (event_id, consumer)
) partition by range (event_id);

create table inbox_rest partition of inbox default;

create table consumer_positions (
  consumer text collate "C",
  source   text collate "C",
  next     bigint not null,
  primary key (consumer, source)
) with (fillfactor = 20);

create table consumer_keys (
  key      text collate "C",
  consumer text collate "C",
  version  bigint not null,
  primary key (key, consumer)
) with (fillfactor = 80);

create table dead_letters (
  id        bigint generated always as identity primary key,
  consumer  text collate "C" not null,
  source    text collate "C" not null,
  topic     text not null,
  "offset"  bigint not null,
  key       text collate "C" not null,
  value     text not null,
  headers   text not null,
  event_id  uuid,
  error     text not null,
  attempts  int not null,
  state     text not null check (state in ('poison', 'queued', 'discarded')),
  parked_at timestamptz(3) not null default now(),
  unique (consumer, event_id)
);

create index dead_letters_of_key on dead_letters (consumer, key, id);

create table timeline (
  order_id uuid,
  id       uuid,
  type     text not null,
  version  bigint,
  at       timestamptz(3) not null,
  detail   text,
  primary key (order_id, id)
);
