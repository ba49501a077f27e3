/**
 * Notes how far the primary's log has come (`pg_current_wal_flush_lsn`) after a write, on the connection that wrote.
 *
 * Why not in the commit itself: a transaction's commit record is written after everything it can see of the log. Where there is no
 * replica nothing is noted, and a commit costs what it cost.
 * Fails: never; a position that cannot be read is `Position.UNKNOWN`.
 */
import type { PgConnection } from "@effect/sql-pg"
import { Context, Effect, Layer } from "effect"
import * as Position from "../../ports/position.ts"

/** As a number: the driver gives a bigint. */
export const flushed = "pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::int8"

export type Note = (connection: PgConnection.PgConnection) => Effect.Effect<void>

/** Null: positions are of no use. */
export const Noting = Context.Reference<Note | null>("jaego/adapters/postgres/Noting", { defaultValue: () => null })

/** Notes in this slot. */
export const layer = (slots: Position.Slots | null, slot: number): Layer.Layer<never> =>
  Layer.succeed(Noting, slots === null ? null : noting(slots, slot))

const noting = (slots: Position.Slots, slot: number): Note => {
  const moveTo = (position: bigint) => Position.moveTo(slots, slot, position)
  return (connection) =>
    connection.queryValues(`select ${flushed}`).pipe(
      Effect.map((rows) => moveTo(rows[0]![0] as bigint)),
      Effect.catch(() => Effect.sync(() => moveTo(Position.UNKNOWN))),
    )
}
