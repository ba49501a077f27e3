/**
 * The functions that write the consumers' tables: each one round trip, all of it or nothing.
 *
 * Two guards, for two ways in which an event comes again. It was delivered or published again: the inbox has its id. It
 * comes late: its key has a newer version. The position guards nothing, it only spares work: a source may begin anew.
 *
 * Law: effects, inbox, keys and position are one transaction. The position's row is locked first, so that two consumers of
 * one source (a rebalance) come one after another. An event is queued behind a letter that is locked (`for share`), and a
 * release waits for that lock: no event stays queued behind a letter that is gone. A letter that was given up is kept, so
 * that it is known when it comes again.
 * Limits: the inbox loses its old rows by partitions (`inbox-partitions.ts`); keys are kept, one row a consumer and order.
 */
import { newest } from "./newest.ts"
import { sqlFunction } from "./sql-function.ts"

/** How long a lock on the inbox is waited for (ms): consumers queue behind it. */
const LOCK_MS = 200

const ms = (column: string) => `to_timestamp(${column} / 1000)`

/** The lowest id of a moment. */
export const ID_AT = sqlFunction(
  "jaego_id_at",
  `(p_at timestamptz) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from p_at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$`,
)

/**
 * Makes the partitions of these days that are not there yet; an event's id is a UUIDv7, which begins with its time. A day of
 * which the rest has ids already stays without: they would have to be moved, and the rest serves as well.
 */
export const MAKE_PARTITIONS = sqlFunction(
  "jaego_make_inbox_partitions",
  `(p_first date, p_last date) returns void
language plpgsql set lock_timeout = '${LOCK_MS}ms' as $$
declare
  v_day date;
  v_from uuid;
  v_until uuid;
begin
  for v_day in select generate_series(p_first, p_last, interval '1 day')::date loop
    v_from := ${ID_AT.name}(v_day::timestamp at time zone 'UTC');
    v_until := ${ID_AT.name}((v_day + 1)::timestamp at time zone 'UTC');
    continue when to_regclass('inbox_' || to_char(v_day, 'YYYYMMDD')) is not null;
    continue when exists (select from inbox_rest r where r.event_id >= v_from and r.event_id < v_until);
    execute format('create table %I partition of inbox for values from (%L) to (%L)',
      'inbox_' || to_char(v_day, 'YYYYMMDD'), v_from, v_until);
  end loop;
end
$$`,
)

/** Drops the partitions that end before that day; the rest has few rows, if any. */
export const DROP_PARTITIONS = sqlFunction(
  "jaego_drop_inbox_partitions",
  `(p_before date) returns int
language plpgsql set lock_timeout = '${LOCK_MS}ms' as $$
declare
  v_partition text;
  v_dropped int := 0;
begin
  for v_partition in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'inbox'::regclass and c.relname ~ '^inbox_[0-9]{8}$'
      and to_date(substr(c.relname, 7), 'YYYYMMDD') < p_before
  loop
    execute format('drop table %I', v_partition);
    v_dropped := v_dropped + 1;
  end loop;
  delete from inbox_rest r where r.event_id < ${ID_AT.name}(p_before::timestamp at time zone 'UTC');
  return v_dropped;
end
$$`,
)

/**
 * Events that are handled now: [{n, key, eventId, version}] without those of `p_skip`, and what is to be written for the
 * n of each. Returns how many had an effect.
 */
export const CONSUME = sqlFunction(
  "jaego_consume",
  `(p_consumer text, p_events json, p_skip int[], p_entries json, p_shipments json)
returns int language plpgsql set enable_seqscan = off set jit = off as $$
declare
  v_ahead int[];
begin
  with events as materialized (
    select * from json_to_recordset(p_events) e (n int, key text, "eventId" uuid, version bigint)
    where p_skip is null or e.n <> all (p_skip)
  ), fresh as (
    insert into inbox (event_id, consumer) select distinct e."eventId", p_consumer from events e
    on conflict do nothing returning event_id
  ), ahead as materialized (
    select e.n, e.key, e.version
    from (
      select e.*, max(e.version) over (partition by e.key order by e.n rows between unbounded preceding and 1 preceding)
        as before
      from events e join fresh f on f.event_id = e."eventId") e
    where e.version > coalesce(e.before, 0) and e.version > coalesce(
      (select k.version from consumer_keys k where k.key = e.key and k.consumer = p_consumer), 0)
  ), marked as (
    insert into consumer_keys as k (key, consumer, version)
      select a.key, p_consumer, max(a.version) from ahead a group by a.key order by a.key
      on conflict (key, consumer) do update set version = excluded.version where k.version < excluded.version
  )
  select array_agg(a.n) into v_ahead from ahead a;
  if v_ahead is null then
    return 0;
  end if;
  if json_array_length(p_entries) > 0 then
    insert into timeline (order_id, id, type, version, at, detail)
      select w."orderId", w."eventId", w.type, w.version, ${ms("w.at")}, w.detail
      from json_to_recordset(p_entries)
        w (n int, "orderId" uuid, "eventId" uuid, type text, version bigint, at float8, detail text)
      where w.n = any (v_ahead)
      on conflict do nothing;
  end if;
  if json_array_length(p_shipments) > 0 then
    insert into shipments (order_id, next_attempt_at, trace)
      select w."orderId", ${ms("w.at")}, w.trace
      from json_to_recordset(p_shipments) w (n int, "orderId" uuid, at float8, trace text)
      where w.n = any (v_ahead)
      on conflict (order_id) do nothing;
  end if;
  return cardinality(v_ahead);
end
$$`,
)

/** The live version of a position: it is written a hundred times a second (`newest.ts`). */
const POSITION = `p.ctid = (
        ${newest("consumer_positions", "source", "v_source", "ctid", "candidate.consumer = p_consumer")})`

/**
 * What was taken from some sources. Returns {effects, queued}, or {parked: [key]} when it has written nothing, because
 * these keys are parked and their events came without a letter. Poison that is known (it is parked, was given up, or was
 * handled meanwhile) parks nothing anew.
 *
 * p_taken: [{n, source, offset, key, eventId, version, error, attempts, letter: {topic, value, headers}}]; whatever has
 * an error is poison. A letter is needed by poison and by what queues.
 */
export const TAKE_IN = sqlFunction(
  "jaego_take_in",
  `(p_consumer text, p_sources json, p_taken json, p_entries json, p_shipments json)
returns json language plpgsql set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
declare
  v_source text;
  v_next bigint;
  v_parked text[];
  v_missing text[];
  v_skip int[];
  v_effects int;
  v_queued int;
begin
  for v_source in select s.source from json_to_recordset(p_sources) s (source text) order by 1 loop
    loop
      perform from consumer_positions p where ${POSITION} for update;
      exit when found;
      insert into consumer_positions (consumer, source, next) values (p_consumer, v_source, 0) on conflict do nothing;
    end loop;
  end loop;
  select array_agg(l.key) into v_parked from (
    select d.key from dead_letters d
    where d.consumer = p_consumer and d.state <> 'discarded' and d.key <> '' and d.key in (
      select t.key from json_to_recordset(p_taken) t (key text))
    order by d.id for share of d) l;

  with given as materialized (
    select t.*, t.error is not null and (exists (
        select from inbox i where i.event_id = t."eventId" and i.consumer = p_consumer offset 0) or exists (
        select from dead_letters d where d.consumer = p_consumer and d.key = t.key and (d.event_id = t."eventId"
          or (d.source = t.source and d."offset" = t."offset" and d.value = t.letter->>'value')) offset 0)) as known
    from json_to_recordset(p_taken) t (n int, source text, "offset" bigint, key text, "eventId" uuid, version bigint,
      error text, attempts int, letter json)
  ), taken as materialized (
    select g.*, g.error is null and (g.key = any (coalesce(v_parked, '{}')) or coalesce(
      bool_or(g.error is not null and not g.known and g.key <> '') over (
        partition by g.key order by g.n rows between unbounded preceding and 1 preceding), false)) as queues
    from given g
  ), missing as (
    select array_agg(distinct t.key) as keys from taken t where t.queues and t.letter is null
  ), buried as (
    insert into dead_letters
        (consumer, source, topic, "offset", key, value, headers, event_id, error, attempts, state)
      select p_consumer, t.source, t.letter->>'topic', t."offset", t.key, t.letter->>'value', t.letter->>'headers',
        t."eventId", coalesce(t.error, 'waits behind an older letter of its key'), coalesce(t.attempts, 0),
        case when t.queues then 'queued' else 'poison' end
      from taken t cross join missing m
      where m.keys is null and (t.error is not null and not t.known or t.queues and not exists (
        select from inbox i where i.event_id = t."eventId" and i.consumer = p_consumer offset 0))
      order by t.n
      on conflict do nothing returning state
  )
  select (select keys from missing), (select count(*) from buried b where b.state = 'queued'),
    (select array_agg(t.n) from taken t where t.queues or t.error is not null)
    into v_missing, v_queued, v_skip;
  if v_missing is not null then
    return json_build_object('parked', v_missing);
  end if;

  v_effects := ${CONSUME.name}(p_consumer, p_taken, v_skip, p_entries, p_shipments);
  for v_source, v_next in select s.source, s.next from json_to_recordset(p_sources) s (source text, next bigint) loop
    update consumer_positions p set next = v_next where ${POSITION};
  end loop;
  return json_build_object('effects', v_effects, 'queued', v_queued);
end
$$`,
)

/** A letter that can be handled at last, the oldest of its key. p_event: as in `jaego_consume`, without the key. */
export const RELEASE = sqlFunction(
  "jaego_release",
  `(p_id bigint, p_event json, p_entries json, p_shipments json)
returns text language plpgsql set enable_seqscan = off set jit = off as $$
declare
  v_letter dead_letters;
begin
  select * into v_letter from dead_letters d where d.id = p_id and d.state <> 'discarded' for update;
  if not found then
    return 'absent';
  end if;
  if v_letter.key <> '' and exists (
    select from dead_letters d where d.consumer = v_letter.consumer and d.key = v_letter.key and d.id < p_id
      and d.state <> 'discarded') then
    return 'not-the-oldest';
  end if;
  perform ${CONSUME.name}(v_letter.consumer,
    json_build_array(json_build_object('n', 0, 'key', v_letter.key, 'eventId', p_event->>'eventId',
      'version', p_event->'version')), null, p_entries, p_shipments);
  delete from dead_letters d where d.id = p_id;
  return 'released';
end
$$`,
)

export const ALL = [ID_AT, MAKE_PARTITIONS, DROP_PARTITIONS, CONSUME, TAKE_IN, RELEASE]
