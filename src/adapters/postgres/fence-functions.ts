/**
 * Fencing, in SQL: lanes are taken by raising their epochs, lane by lane, in the order in which commits lock them, so that nothing
 * deadlocks. Each waits for a commit that is still running on its lane; afterwards that commit's epoch is old, and what carries
 * it is refused (I10) by the fence of `commit-function.ts`.
 *
 * Each taking begins a new link of the lane's chain (docs/decisions/0032). A taking that brought no fact leaves no link: the next
 * one stands in its place.
 */
import * as Lane from "../../domain/lane.ts"
import { newest } from "./newest.ts"
import { sqlFunction } from "./sql-function.ts"

/** The live version of a lane that has the known epoch, or any if none is known. */
const KNOWN = `l.ctid = (${newest("lanes", "lane", "v_lane")}) and (v_known is null or l.epoch = v_known)`

/**
 * Some lanes, for the owner that still has them: each must carry the epoch that it knows. A commit that was running has moved
 * the lane's row: then it is looked for again.
 */
export const RAISE_LANES = sqlFunction(
  "jaego_raise_lanes",
  `(p_lanes smallint[], p_known bigint[])
returns table (lane smallint, epoch bigint, seq bigint)
language plpgsql set enable_seqscan = off set enable_bitmapscan = off as $$
#variable_conflict use_column
declare
  v_lane smallint;
  v_known bigint;
begin
  for v_lane, v_known in select w.lane, w.known from unnest(p_lanes, p_known) w (lane, known) order by 1 loop
    loop
      update lanes l set epoch = l.epoch + 1 where ${KNOWN} returning l.lane, l.epoch, l.seq into lane, epoch, seq;
      exit when found;
      perform from lanes l where ${KNOWN};
      if not found then
        raise exception 'lane % is no longer ours', v_lane using errcode = 'JG001';
      end if;
    end loop;
    insert into lane_links (lane, since) values (lane, seq)
      on conflict on constraint lane_links_pkey do update set link = excluded.link;
    return next;
  end loop;
end
$$`,
)

/** Every lane, for a new owner. */
export const TAKE_LANES = sqlFunction(
  "jaego_take_lanes",
  `() returns table (lane smallint, epoch bigint, seq bigint) language sql as $$
  select * from ${RAISE_LANES.name}(array(select generate_series(0, ${Lane.COUNT - 1}))::smallint[], null)
$$`,
)

export const ALL = [RAISE_LANES, TAKE_LANES]
