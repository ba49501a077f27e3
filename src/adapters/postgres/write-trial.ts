/**
 * The write trial on Postgres: a temporary table that takes room on the disk, and a commit on it. A read-only server, a full
 * disk and a server that lets no session in refuse it as they refuse an order.
 */
import { Effect, Layer } from "effect"
import { NotWritten, WriteTrial } from "../../ports/write-trial.ts"
import { describe, stateOf } from "./sql-failure.ts"
import * as WritingPool from "./writing-pool.ts"

/** 256 KiB in rows too short to be compressed: more than the pages that are free already. */
const TRIAL = `create temporary table jaego_write_trial on commit drop as
  select repeat(md5(n::text), 32) as filler from generate_series(1, 256) n`

/** A role that may make no temporary tables: nothing is learnt, and the next order shows it. */
const NOT_PERMITTED = "42501"

export const layer: Layer.Layer<WriteTrial, never, WritingPool.Writes> = Layer.effect(
  WriteTrial,
  Effect.map(WritingPool.Writes, (writes) => ({
    attempt: WritingPool.answered(writes, (connection) => connection.query(TRIAL, [])).pipe(
      Effect.asVoid,
      Effect.catch((error) =>
        stateOf(error) === NOT_PERMITTED ? Effect.void : Effect.fail(new NotWritten({ detail: describe(error) })),
      ),
    ),
  })),
)
