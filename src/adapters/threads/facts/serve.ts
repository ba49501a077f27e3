/** The facts thread's own end: takes wake-ups and the drain in, and sends happenings, all of one event-loop turn at once. */
import { parentPort, workerData } from "node:worker_threads"
import { Deferred, Effect, Layer, Schedule } from "effect"
import { Wake } from "../../../app/outbox-relay.ts"
import { type Happening, Probe } from "../../../ports/probe.ts"
import { Notify } from "../../../std/notify.ts"
import type { FactsSettings, FromFacts, ToFacts } from "./messages.ts"

/** Pause before what this thread needs is tried again, after it could not be reached. */
const RETRY_PAUSE = "1 second"

/** What this thread was started with (`workerData`). */
export const settings = (): FactsSettings => workerData as FactsSettings

let unsent: Array<Happening> = []

const flush = (): void => {
  if (unsent.length === 0) return
  parentPort!.postMessage(JSON.stringify(unsent satisfies FromFacts))
  unsent = []
}

/** What happens here is counted in the main thread. */
export const probe = Layer.succeed(Probe, {
  emit: (happening: Happening) => {
    if (unsent.push(happening) === 1) setImmediate(flush)
  },
})

const changed = new Notify()

export const wake = Layer.succeed(Wake, changed)

/** Runs the layer until it is asked to drain; what it needs is waited for. */
export const serve = <E>(layer: Layer.Layer<never, E>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const drained = yield* Deferred.make<void>()
    parentPort!.on("message", (text: string) => {
      const message = JSON.parse(text) as ToFacts
      if (message._tag === "Wake") changed.notify()
      else Deferred.doneUnsafe(drained, Effect.void)
    })
    const end = Deferred.await(drained)
    let built = false
    const serving = Layer.build(layer).pipe(
      Effect.tap(() => {
        built = true
        return Effect.void
      }),
      Effect.andThen(end),
      Effect.scoped,
      Effect.tapError((error) => Effect.logWarning(`facts cannot leave yet: ${String(error)}`)),
      Effect.retry(Schedule.spaced(RETRY_PAUSE)),
      Effect.ignore,
    )
    // What is built ends in its own order; while it cannot be built there is nothing to end.
    const endUnbuilt = Effect.andThen(
      end,
      Effect.suspend(() => (built ? Effect.never : Effect.void)),
    )
    yield* Effect.raceFirst(serving, endUnbuilt)
    flush()
    parentPort!.close()
  })
