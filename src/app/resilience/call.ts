/** A call to a dependency as its caller describes it, and while it is on its way through the guard. */
import { Data, type Effect, type Fiber } from "effect"
import type { Entry } from "./bulkhead.ts"
import type { Permit } from "./circuit-breaker.ts"
import type { Timed } from "./deadlines.ts"

export class CallRefused extends Data.TaggedError("CallRefused")<{ readonly reason: "circuit-open" | "queue-full" }> {}

export interface Call<A> {
  readonly name: string
  /** The least goes first: see `bulkhead.ts`. */
  readonly urgency: number
  readonly work: Effect.Effect<A>
  /** An answer that says the dependency is ill; a refusal in the way of business is none. */
  readonly isFailure: (answer: A) => boolean
  /** An answer after which the very same call may be made once more at once: it is safe, and may well succeed. */
  readonly isTransient: (answer: A) => boolean
  readonly onTimeout: A
  /** The answer in a word, for metrics. */
  readonly outcome: (answer: A) => string
}

/** All that a guard keeps of a call lies here, also its places in the guard's queue and list. */
export class Passage implements Entry, Timed {
  readonly call: Call<unknown>
  readonly resume: (answer: Effect.Effect<unknown, CallRefused>) => void
  readonly urgency: number
  arrival = 0
  since = 0
  isWaiting = false
  begunAt = 0
  previous: Timed | null = null
  next: Timed | null = null
  permit: Permit | null = null
  /** Null: nothing is under way. */
  fiber: Fiber.Fiber<unknown> | null = null
  isRetry = false
  isOver = false
  /** The first answer, which stands when the retry is refused. */
  first: unknown = undefined

  constructor(call: Call<unknown>, resume: (answer: Effect.Effect<unknown, CallRefused>) => void) {
    this.call = call
    this.resume = resume
    this.urgency = call.urgency
  }
}
