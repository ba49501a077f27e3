/** Pages: one row more than asked for tells whether there is another page. */
import { Effect } from "effect"
import { type Unavailable, unavailable } from "../../ports/failures.ts"
import type { Page } from "../../ports/page.ts"
import type { Reads } from "./reads.ts"

export const pageOf = <Row, Position>(
  rows: ReadonlyArray<Row>,
  limit: number,
  position: (row: Row) => Position,
): Page<Row, Position> =>
  rows.length > limit ? { rows: rows.slice(0, limit), next: position(rows[limit - 1]!) } : { rows, next: null }

/** Runs a query with one JSON column called `row`. */
export const jsonRows = <Row>(
  reads: Reads["Service"],
  query: string,
  parameters: ReadonlyArray<unknown>,
): Effect.Effect<ReadonlyArray<Row>, Unavailable> =>
  reads.rows<{ readonly row: Row }>(query, parameters).pipe(
    Effect.map((rows) => rows.map(({ row }) => row)),
    Effect.mapError(() => unavailable("database")),
  )
