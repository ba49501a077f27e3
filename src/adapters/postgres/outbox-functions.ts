/**
 * The functions that make and drop the outbox's partitions, one a day.
 *
 * Why partitions: facts that have left go by dropping one, which costs nothing, and not by deleting millions of rows. A
 * partition has its own key on (lane, seq), as the table's key would have to carry the time in it; over partitions the
 * fence of the lanes keeps seqs unique. A fact that no partition is there for (a clock that jumped, days that were not
 * made ahead) falls into `outbox_rest`.
 *
 * Law: I7: a partition goes only when every fact in it has left, and what went is counted (`outbox_dropped`), so that
 * verification can still tell a fact that went from one that never was.
 * Limits: each waits at most 200 ms for its locks, because commits wait behind it.
 */
import { sqlFunction } from "./sql-function.ts"

/** Days of partitions made ahead: maintenance may be down this long. */
export const DAYS_AHEAD = 3

/** How long a lock on the outbox is waited for (ms): commits queue behind it. */
const LOCK_MS = 200

/**
 * Makes the partitions of these days that are not there yet; returns how many. A day that another partition covers, or of
 * which the rest has facts already, stays without. Attached, not created in place: commits go on meanwhile.
 */
export const MAKE_PARTITIONS = sqlFunction(
  "jaego_make_outbox_partitions",
  `(p_from date, p_to date) returns int
language plpgsql set lock_timeout = '${LOCK_MS}ms' set timezone = 'UTC' as $$
declare
  v_day date;
  v_partition text;
  v_made int := 0;
begin
  for v_day in select generate_series(p_from, p_to, interval '1 day')::date loop
    v_partition := 'outbox_' || to_char(v_day, 'YYYYMMDD');
    continue when to_regclass(v_partition) is not null;
    begin
      execute format('create table %I (like outbox including all, primary key (lane, seq))', v_partition);
      execute format('alter table outbox attach partition %I for values from (%L) to (%L)', v_partition,
        v_day::timestamptz, (v_day + 1)::timestamptz);
      v_made := v_made + 1;
    exception when invalid_object_definition or check_violation then
      null;
    end;
  end loop;
  return v_made;
end
$$`,
)

/**
 * Drops a partition that ends at `p_until` and has these facts: per lane how many, and the seq of the last. False: it has
 * others by now, or not all of them have left. The rest is emptied instead.
 */
export const DROP_PARTITION = sqlFunction(
  "jaego_drop_outbox_partition",
  `(p_partition text, p_until timestamptz, p_lane smallint[], p_facts bigint[], p_last bigint[])
returns boolean language plpgsql set lock_timeout = '${LOCK_MS}ms' as $$
declare
  v_changed boolean;
begin
  execute format('lock table outbox, %I in access exclusive mode', p_partition);
  execute format('select exists (
      select from relay_cursors c
      left join unnest($1, $2) w (lane, last) on w.lane = c.lane
      cross join lateral (select max(s.seq) as last from %I s where s.lane = c.lane) s
      where s.last is distinct from w.last or s.last > c.seq)', p_partition)
    into v_changed using p_lane, p_last;
  if v_changed then
    return false;
  end if;
  if p_partition = 'outbox_rest' then
    truncate outbox_rest;
  else
    execute format('drop table %I', p_partition);
  end if;
  insert into outbox_dropped select p_partition, p_until, lane, facts from unnest(p_lane, p_facts) d (lane, facts);
  return true;
end
$$`,
)

export const ALL = [MAKE_PARTITIONS, DROP_PARTITION]
