/**
 * Measures the room on the disk that the embedded database lies on: when it is full nothing is sold.
 *
 * Fails: never; a measurement that was not possible is left out.
 */
import { statfs } from "node:fs/promises"
import { Effect, Layer, Schedule } from "effect"
import { Probe } from "../../ports/probe.ts"

const ROUND = Schedule.spaced("15 seconds")

/** `home`: a folder that is there. */
export const layer = (home: string): Layer.Layer<never, never, Probe> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const probe = yield* Probe
      const round = Effect.gen(function* () {
        const { bavail, blocks, bsize } = yield* Effect.tryPromise(() => statfs(home))
        probe.emit({ _tag: "DiskMeasured", freeBytes: bavail * bsize, sizeBytes: blocks * bsize })
      })
      yield* Effect.forkScoped(Effect.repeat(Effect.ignore(round), ROUND))
    }),
  )
