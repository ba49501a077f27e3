/** Calls to a dependency: what their callers say of them, and one of them on its way through the guard. */
import { Data, type Effect, type Fiber } from "effect"
import type { Entry } from "./bulkhead.ts"
import type { Permit } from "./circuit-breaker.ts"
import type { Timed } from "./deadlines.ts"

export class CallRefused extends Data.TaggedError("CallRefused")<{ readonly reason: "circuit-open" | "queue-full" }> {}

/** What all calls of a kind have in common. */
export interface Kind<A> {
  readonly name: string
  /** An answer that says the dependency is ill; a refusal in the way of business is none. */
  readonly isFailure: (answer: A) => boolean
  /** An answer after which the very same call may be made once more at once: that is safe, and may well succeed. */
  readonly isTransient: (answer: A) => boolean
  readonly onTimeout: A
  /** The answer in a word, for metrics. */
  readonly outcome: (answer: A) => string
}

/** All that a guard keeps of a call lies here, also its places in the guard's queue and list. */
export class Passage implements Entry, Timed {
  readonly kind: Kind<unknown>
  readonly urgency: number
  readonly work: Effect.Effect<unknown>
  readonly resume: (answer: Effect.Effect<unknown, CallRefused>) => void
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

  constructor(kind: Kind<unknown>, urgency: number, work: Effect.Effect<unknown>, resume: Passage["resume"]) {
    this.kind = kind
    this.urgency = urgency
    this.work = work
    this.resume = resume
  }
}
