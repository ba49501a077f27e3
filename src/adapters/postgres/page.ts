/** Pages: one row more than asked for says whether there is another page. And how rows of JSON are asked for. */
import type { PgPool } from "@effect/sql-pg"
import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { type Unavailable, unavailable } from "../../ports/failures.ts"
import type { Page } from "../../ports/page.ts"
import type { Plan, Reads, Shown } from "./reads.ts"
import * as WritingPool from "./writing-pool.ts"

/** A page from the beginning is a page after the first of all ids. */
export const BEFORE_ALL = "00000000-0000-0000-0000-000000000000"

export const pageOf = <Row, Position>(
  rows: ReadonlyArray<Row>,
  limit: number,
  position: (row: Row) => Position,
): Page<Row, Position> =>
  rows.length > limit ? { rows: rows.slice(0, limit), next: position(rows[limit - 1]!) } : { rows, next: null }

interface JsonRow<Row> {
  readonly row: Row
}

/** Runs a query with one JSON column called `row`. */
export const jsonRows = <Row>(
  reads: Reads | Shown,
  query: string,
  parameters: ReadonlyArray<unknown>,
  plan?: Plan,
): Effect.Effect<ReadonlyArray<Row>, Unavailable> =>
  (reads as Reads).rows<JsonRow<Row>>(query, parameters, plan).pipe(
    Effect.map((rows) => rows.map(({ row }) => row)),
    Effect.mapError((error: SqlError | Unavailable) => (error._tag === "SqlError" ? unavailable("database") : error)),
  )

/** The same of a statement that writes. Whether it did is not known when it fails. */
export const writtenRows = <Row>(
  writes: PgPool.PgPool,
  statement: string,
  parameters: ReadonlyArray<unknown>,
): Effect.Effect<ReadonlyArray<Row>, SqlError> =>
  Effect.map(
    WritingPool.answered(writes, (connection) => connection.query(statement, parameters)),
    ({ rows }) => (rows as unknown as ReadonlyArray<JsonRow<Row>>).map(({ row }) => row),
  )

/** The same, for those to whom every failure is one. */
export const jsonWrite = <Row>(
  writes: PgPool.PgPool,
  statement: string,
  parameters: ReadonlyArray<unknown>,
): Effect.Effect<ReadonlyArray<Row>, Unavailable> =>
  Effect.mapError(writtenRows<Row>(writes, statement, parameters), () => unavailable("database"))
