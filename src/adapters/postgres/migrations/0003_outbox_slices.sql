set local statement_timeout = 0;

alter table outbox rename to outbox_past;
alter index outbox_pkey rename to outbox_past_pkey;

create table outbox (
  lane            smallint not null,
  seq             bigint not null,
  event_id        uuid not null,
  subject_kind    text not null,
  subject         uuid not null,
  subject_version bigint not null,
  type            text not null,
  payload         text not null,
  occurred_at     timestamptz(3) not null
) partition by range (occurred_at);

create table outbox_rest partition of outbox (primary key (lane, seq)) default;

-- Up to where each lane's facts have left. Updated many times a second: room for HOT, as with lanes.
create table relay_cursors (
  lane smallint primary key,
  seq  bigint not null
) with (fillfactor = 20);
insert into relay_cursors select lane, 0 from generate_series(0, 63) lane;

-- How many facts of each lane went with a slice, and the end of its time.
create table outbox_dropped (
  slice text,
  until timestamptz(3),
  lane  smallint,
  facts bigint not null,
  primary key (slice, until, lane)
);

do $$
declare
  v_until timestamptz;
begin
  select (date_trunc('day', greatest(max(occurred_at), now()) at time zone 'UTC') + interval '1 day') at time zone 'UTC'
    into v_until from outbox_past having count(*) > 0;
  if v_until is null then
    drop table outbox_past;
  else
    execute format('alter table outbox attach partition outbox_past for values from (minvalue) to (%L)', v_until);
  end if;
end
$$;
