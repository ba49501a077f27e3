/**
 * A line to Kafka: one producer, opened when there is something to send, given up after any trouble, one sending at a time.
 *
 * Fails: StreamDown; what was to be sent may be there or not.
 */
import { Clock, Effect, type Scope, Semaphore } from "effect"
import { StreamDown } from "../../ports/event-stream.ts"
import * as Throttle from "../../std/throttle.ts"
import type { Outgoing } from "./chunks.ts"
import { describe, type Options } from "./client.ts"
import * as Producer from "./producer.ts"

/** Every step inside has its own bound; this one is for what was not thought of. */
const SEND_TIMEOUT = "60 seconds"

/** Sentences that are remembered as said. */
const REMARKS_MAX = 1_000

/** What was said of a topic or a message is said again after this (ms). */
const REMARK_AGAIN_MS = 3_600_000

export interface Line<Origin> {
  /** Done when all replicas in sync have all of it. `outgoing` is asked for it once there is a producer. */
  readonly send: (outgoing: () => Iterable<Outgoing<Origin>>) => Effect.Effect<void, StreamDown>
}

export const make = <Origin>(
  options: Options,
  words: Producer.Words<Origin>,
): Effect.Effect<Line<Origin>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const turn = yield* Semaphore.make(1)
    let producer: Producer.Producer<Origin> | null = null
    const giveUp = Effect.sync(() => {
      producer?.close()
      producer = null
    })
    yield* Effect.addFinalizer(() => giveUp)
    const remarked = new Map<string, Throttle.Throttle>()
    const remark = Effect.fnUntraced(function* (sentence: string) {
      const throttle = remarked.get(sentence) ?? Throttle.make(REMARK_AGAIN_MS)
      if (remarked.size >= REMARKS_MAX) remarked.clear()
      remarked.set(sentence, throttle)
      if (throttle(yield* Clock.currentTimeMillis) !== null) yield* Effect.logWarning(`Kafka: ${sentence}`)
    })
    return {
      send: (outgoing) =>
        Effect.tryPromise({
          try: async (signal): Promise<ReadonlyArray<string>> => {
            const opened = producer ?? (await Producer.open(options, words))
            if (signal.aborted) {
              if (producer === null) opened.close()
              return []
            }
            const topics = producer === null ? opened.remarks : []
            producer = opened
            return [...topics, ...(await opened.send(outgoing()))]
          },
          catch: (error) => new StreamDown({ detail: describe(error) }),
        }).pipe(
          Effect.tap((remarks) => Effect.forEach(remarks, remark, { discard: true })),
          Effect.asVoid,
          Effect.timeoutOrElse({
            duration: SEND_TIMEOUT,
            orElse: () => Effect.fail(new StreamDown({ detail: `not confirmed within ${SEND_TIMEOUT}` })),
          }),
          Effect.onExit((exit) => (exit._tag === "Success" ? Effect.void : giveUp)),
          turn.withPermit,
        ),
    }
  })
