/**
 * A line to Kafka: one producer, opened when there is something to send, given up after any trouble, one sending at a time.
 *
 * Fails: StreamDown; what was to be sent may be there or not.
 */
import { Effect, type Scope, Semaphore } from "effect"
import { StreamDown } from "../../ports/event-stream.ts"
import { describe, type Options } from "./client.ts"
import * as Producer from "./producer.ts"

/** Every step inside has its own bound; this one is for what nobody thought of. */
const SEND_TIMEOUT = "60 seconds"

export interface Line {
  /** Done when all replicas in sync have all of it. `outgoing` is asked for it once there is a producer. */
  readonly send: (outgoing: () => Iterable<Producer.Outgoing>) => Effect.Effect<void, StreamDown>
}

export const make = (options: Options): Effect.Effect<Line, never, Scope.Scope> =>
  Effect.gen(function* () {
    const turn = yield* Semaphore.make(1)
    let producer: Producer.Producer | null = null
    const giveUp = Effect.sync(() => {
      producer?.close()
      producer = null
    })
    yield* Effect.addFinalizer(() => giveUp)
    return {
      send: (outgoing) =>
        Effect.tryPromise({
          try: async (signal) => {
            if (producer === null) {
              const opened = await Producer.open(options)
              if (signal.aborted) return opened.close()
              producer = opened
            }
            await producer.send(outgoing())
          },
          catch: (error) => new StreamDown({ detail: describe(error) }),
        }).pipe(
          Effect.timeoutOrElse({
            duration: SEND_TIMEOUT,
            orElse: () => Effect.fail(new StreamDown({ detail: `not confirmed within ${SEND_TIMEOUT}` })),
          }),
          Effect.onExit((exit) => (exit._tag === "Success" ? Effect.void : giveUp)),
          turn.withPermit,
        ),
    }
  })
