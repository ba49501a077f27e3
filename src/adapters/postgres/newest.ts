/**
 * The live version of a row that is updated in every commit, found in the same time however many dead versions lie behind it.
 *
 * Why it exists: while any snapshot is open (a `pg_dump`, a forgotten `begin`), versions that it might still see cannot be
 * removed. A look-up by key meets them oldest first, all of them: 100,000 commits later a commit takes ten times as long.
 * An index has the entries of one key in the order of their places, and new versions are written behind old ones: read
 * backwards, the live one comes first (docs/decisions/0023).
 *
 * It also says by which index: where others have the key in them too, behind other columns, a planner that knows the table as empty
 * takes any of them for a look-up by equality (`inner.ts`). Only that of the key gives its order.
 *
 * Law: correct wherever the live version lies; only its cost depends on that. What is updated at the place that was found
 * carries its own guard (an epoch, a version), as another session may have been faster.
 * Limits: needs plain index scans (`set enable_bitmapscan = off`). Equality would not do for `value`: the planner knows that one
 * key needs no order.
 */
/** `before`: conditions on `candidate` by the columns that come before the key in its index. */
export const newest = (table: string, key: string, value: string, column = "ctid", before?: string): string =>
  `select ${column} from ${table} candidate
    where ${before === undefined ? "" : `${before} and `}candidate.${key} >= ${value} and candidate.${key} <= ${value} order by candidate.${key} desc limit 1`
