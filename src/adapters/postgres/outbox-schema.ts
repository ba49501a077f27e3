/**
 * The outbox in slices of a day, and how far its facts have left: migration 0003.
 *
 * Why it exists: facts that have left go by dropping a slice, which costs nothing, and not by deleting millions of rows.
 * A slice has its own key on (lane, seq): the table as a whole would have to carry the time in it. Over slices the fence
 * of the lanes keeps seqs unique. What fits no slice (a clock that jumped, slices nobody made) falls into `outbox_rest`.
 *
 * Law: I7: a slice goes only when every fact in it has left, and what went is counted (`outbox_dropped`), so that
 * verification can still tell a fact that went from one that never was.
 * Limits: whoever makes or drops a slice waits 200 ms for its locks, because commits wait behind him; then he gives up.
 */
import * as Lane from "../../domain/lane.ts"

/** How many days are made ahead: as long as nobody may look after the table and yet every fact finds its slice. */
export const DAYS_AHEAD = 3

/** Commits queue behind whoever waits for a lock on the outbox, milliseconds. */
const LOCK_MS = 200

/**
 * A database from before has facts in its table: it becomes the oldest slice, up to the end of today. An empty one is left
 * out. Both may take longer than a statement of the service.
 */
const PARTITIONED = `
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
insert into relay_cursors select lane, 0 from generate_series(0, ${Lane.COUNT - 1}) lane;

-- How many facts of each lane went with a slice, and the end of its time.
create table outbox_dropped (
  slice text,
  until timestamptz(3),
  lane  smallint,
  facts bigint not null,
  primary key (slice, until, lane)
);
`

const KEEP_THE_PAST = `
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
$$`

/**
 * Slices for the days from one to another, those that are not there yet; how many were made. A day that another slice
 * covers, or of which the rest has facts already, stays without. Attached, not created in place: commits go on meanwhile.
 */
const MAKE_SLICES = `
create function jaego_make_outbox_slices(p_from date, p_to date) returns int
language plpgsql set lock_timeout = '${LOCK_MS}ms' set timezone = 'UTC' as $$
declare
  v_day date;
  v_slice text;
  v_made int := 0;
begin
  for v_day in select generate_series(p_from, p_to, interval '1 day')::date loop
    v_slice := 'outbox_' || to_char(v_day, 'YYYYMMDD');
    continue when to_regclass(v_slice) is not null;
    begin
      execute format('create table %I (like outbox including all, primary key (lane, seq))', v_slice);
      execute format('alter table outbox attach partition %I for values from (%L) to (%L)', v_slice,
        v_day::timestamptz, (v_day + 1)::timestamptz);
      v_made := v_made + 1;
    exception when invalid_object_definition or check_violation then
      null;
    end;
  end loop;
  return v_made;
end
$$`

/**
 * Lets a slice go that ends at `p_until` and has these facts: per lane how many, and the seq of the last. False: it has
 * others by now, or not all of them have left. The rest is emptied instead.
 */
const DROP_SLICE = `
create function jaego_drop_outbox_slice(p_slice text, p_until timestamptz, p_lane smallint[], p_facts bigint[], p_last bigint[])
returns boolean language plpgsql set lock_timeout = '${LOCK_MS}ms' as $$
declare
  v_changed boolean;
begin
  execute format('lock table outbox, %I in access exclusive mode', p_slice);
  execute format('select exists (
      select from relay_cursors c
      left join unnest($1, $2) w (lane, last) on w.lane = c.lane
      cross join lateral (select max(s.seq) as last from %I s where s.lane = c.lane) s
      where s.last is distinct from w.last or s.last > c.seq)', p_slice)
    into v_changed using p_lane, p_last;
  if v_changed then
    return false;
  end if;
  if p_slice = 'outbox_rest' then
    truncate outbox_rest;
  else
    execute format('drop table %I', p_slice);
  end if;
  insert into outbox_dropped select p_slice, p_until, lane, facts from unnest(p_lane, p_facts) d (lane, facts);
  return true;
end
$$`

/** The tables, a statement each but for the `;` that ends it; then what carries `;` in itself. */
export const OUTBOX_TABLES = PARTITIONED
export const OUTBOX_STATEMENTS = [
  KEEP_THE_PAST,
  MAKE_SLICES,
  DROP_SLICE,
  `select jaego_make_outbox_slices((now() at time zone 'UTC')::date, (now() at time zone 'UTC')::date + ${DAYS_AHEAD})`,
]
