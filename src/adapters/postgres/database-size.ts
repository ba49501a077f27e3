/**
 * Measures how large the database is, its tables and indexes without the log: on a PostgreSQL of one's own that is all that is seen of
 * its disk from here.
 *
 * Limits: a look a minute, for the server asks its file system for each file of the database.
 * Fails: never; a measurement that was not possible is left out.
 */
import { Effect, Layer, Schedule } from "effect"
import { Probe } from "../../ports/probe.ts"
import { ShownLists } from "./reads.ts"

const ROUND = Schedule.spaced("1 minute")

export const layer: Layer.Layer<never, never, ShownLists | Probe> = Layer.effectDiscard(
  Effect.gen(function* () {
    const lists = yield* ShownLists
    const probe = yield* Probe
    const round = Effect.gen(function* () {
      const [row] = yield* lists.rows<{ readonly bytes: number }>(
        "select pg_database_size(current_database())::float8 as bytes",
        [],
      )
      probe.emit({ _tag: "DatabaseMeasured", bytes: row!.bytes })
    })
    yield* Effect.forkScoped(Effect.repeat(Effect.ignore(round), ROUND))
  }),
)
