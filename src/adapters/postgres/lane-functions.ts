/**
 * Taking lanes, in SQL: both ways raise epochs, and both first lock the rows in lane order, the order in which commits
 * lock them, so that nobody deadlocks. The lock waits for a commit that is still running; after it, that commit's epoch is
 * old and whatever carries it is refused (I10).
 */
import { sqlFunction } from "./sql-function.ts"

/** Every lane, for a new owner. */
export const TAKE_LANES = sqlFunction(
  "jaego_take_lanes",
  `() returns table (lane smallint, epoch bigint, seq bigint)
language plpgsql as $$
#variable_conflict use_column
begin
  perform 1 from lanes l order by l.lane for update;
  return query update lanes l set epoch = l.epoch + 1 returning l.lane, l.epoch, l.seq;
end
$$`,
)

/** Some lanes, for the owner that still has them: each must carry the epoch that it knows. */
export const RAISE_LANES = sqlFunction(
  "jaego_raise_lanes",
  `(wanted smallint[], known bigint[])
returns table (lane smallint, epoch bigint, seq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  raised bigint;
begin
  perform 1 from lanes l where l.lane = any (wanted) order by l.lane for update;
  return query
    update lanes l set epoch = l.epoch + 1 from unnest(wanted, known) w (lane, epoch)
    where l.lane = w.lane and l.epoch = w.epoch
    returning l.lane, l.epoch, l.seq;
  get diagnostics raised = row_count;
  if raised <> cardinality(wanted) then
    raise exception 'only % of % lanes are still ours', raised, cardinality(wanted) using errcode = 'JG001';
  end if;
end
$$`,
)

export const ALL = [TAKE_LANES, RAISE_LANES]
