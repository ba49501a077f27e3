/**
 * The inner side of a join: a table that grows, looked up by its key for each row of what stands before it.
 *
 * Why it exists: a session plans a statement once. If the tables were empty then, and known to be (`vacuum` has been there), every
 * order of the join costs nothing, and the one that is kept may walk through the growing table at each call, until the next `analyze`:
 * a minute or more of a sale. A subquery with an `offset` is never merged with the query around it, and a `lateral` one comes after what
 * it refers to: no other order is left. For the same reason an `exists` ends in `offset 0`: it becomes no join, and no hash of all rows.
 *
 * Law: `select` finds its rows by an index, with what it refers to. Limits: for few rows outside; whole tables are joined otherwise.
 * Where another index has the key in it too, the planner takes either: there `newest.ts` looks it up, or `as-many.ts` lists. An update of what was found
 * (`ctid`) passes over a row that another session moves meanwhile.
 */
export const inner = (select: string): string => `lateral (${select} offset 0)`
