/**
 * A guard around all calls to one dependency: bulkhead and rate outside, then the circuit breaker, then the time limit.
 *
 *     call -> is the circuit open? -> a place and a turn of the rate -> is it open by now? -> at most `timeoutMs` -> answer
 *
 * Law: a call that is refused was not made. A call past its limit is given up and counts as failed; whether it had an effect is
 * unknown, which is for the caller to say (`onTimeout`).
 * Fails: `CallRefused`.
 */
import { Clock, Data, Effect, type Scope } from "effect"
import { Probe } from "../../ports/probe.ts"
import * as Bulkhead from "./bulkhead.ts"
import * as CircuitBreaker from "./circuit-breaker.ts"

/** `observe`: the circuit opens and closes, refuses nothing, and counts what it would have refused. */
export type Mode = "on" | "observe" | "off"

/** What an operator orders; `auto`: as the circuit itself has it. */
export interface Override {
  readonly mode: "auto" | "open" | "closed"
  /** Milliseconds since 1970; null: until it is changed. */
  readonly until: number | null
  readonly reason: string
}

export interface Settings {
  readonly dependency: string
  readonly timeoutMs: number
  readonly mode: Mode
  readonly breaker: CircuitBreaker.Settings
  readonly bulkhead: Bulkhead.Settings
}

export class CallRefused extends Data.TaggedError("CallRefused")<{ readonly reason: "circuit-open" | "queue-full" }> {}

export interface Call<A, R> {
  readonly name: string
  /** The least goes first: see `bulkhead.ts`. */
  readonly urgency: number
  readonly work: Effect.Effect<A, never, R>
  /** An answer that says the dependency is ill; a refusal in the way of business is none. */
  readonly isFailure: (answer: A) => boolean
  readonly onTimeout: A
  /** The answer in a word, for metrics. */
  readonly outcome: (answer: A) => string
}

export interface Status {
  readonly dependency: string
  readonly state: CircuitBreaker.State
  readonly mode: Mode
  readonly override: Override
  /** Shares of the newest calls. */
  readonly rates: { readonly calls: number; readonly failures: number; readonly slow: number }
  /** How often the circuit has opened since the process began. */
  readonly openings: number
  readonly load: Bulkhead.Load
}

export interface Guard {
  readonly run: <A, R>(call: Call<A, R>) => Effect.Effect<A, CallRefused, R>
  /** True: a call made now would be refused at once. */
  readonly isOpen: () => boolean
  readonly override: (order: Override) => void
  readonly status: () => Status
}

const AUTO: Override = { mode: "auto", until: null, reason: "" }

export const make = (settings: Settings): Effect.Effect<Guard, never, Probe | Scope.Scope> =>
  Effect.gen(function* () {
    const { dependency, mode, timeoutMs } = settings
    const probe = yield* Probe
    const clock = yield* Clock.Clock
    const now = () => clock.currentTimeMillisUnsafe()
    let openings = 0
    let override = AUTO
    const breaker = new CircuitBreaker.CircuitBreaker(settings.breaker, (to) => {
      if (to === "open") openings++
      probe.emit({ _tag: "CircuitChanged", dependency, to })
    })
    const bulkhead = yield* Bulkhead.make(settings.bulkhead)

    const ordered = (): Override => {
      if (override.until !== null && now() >= override.until) override = AUTO
      return override
    }
    const refused = (reason: CallRefused["reason"]) => {
      probe.emit({ _tag: "CallRefused", dependency, reason, observed: false })
      return new CallRefused({ reason })
    }
    /** Null: the call is made, and the circuit learns nothing of it. */
    const admit = (): Effect.Effect<CircuitBreaker.Permit | null, CallRefused> => {
      const { mode: order } = ordered()
      if (order === "open") return Effect.fail(refused("circuit-open"))
      if (order === "closed" || mode === "off") return Effect.succeed(null)
      const permit = breaker.admit(now())
      if (permit !== null) return Effect.succeed(permit)
      if (mode === "on") return Effect.fail(refused("circuit-open"))
      probe.emit({ _tag: "CallRefused", dependency, reason: "circuit-open", observed: true })
      return Effect.succeed(null)
    }
    const isOpen = (): boolean => {
      const { mode: order } = ordered()
      if (order !== "auto") return order === "open"
      return mode === "on" && breaker.state(now()) === "open"
    }

    const made = <A, R>({ isFailure, name, onTimeout, outcome, work }: Call<A, R>) =>
      Effect.acquireUseRelease(
        Effect.suspend(admit),
        (permit) =>
          Effect.suspend(() => {
            const begun = now()
            return Effect.timeoutOption(work, timeoutMs).pipe(
              Effect.map((answered) => {
                const answer = answered._tag === "Some" ? answered.value : onTimeout
                if (permit !== null) breaker.report(permit, answered._tag === "None" || isFailure(answer), now())
                const seconds = (now() - begun) / 1_000
                probe.emit({ _tag: "CallAnswered", dependency, call: name, outcome: outcome(answer), seconds })
                return answer
              }),
            )
          }),
        // After a report this changes nothing; of an interrupted call nothing is learnt.
        (permit) => Effect.sync(() => permit !== null && breaker.release(permit)),
      )

    return {
      run: <A, R>(call: Call<A, R>) =>
        Effect.suspend(() =>
          isOpen()
            ? Effect.fail(refused("circuit-open"))
            : Effect.catchTag(bulkhead.run(call.urgency, made(call)), "QueueFull", () =>
                Effect.fail(refused("queue-full")),
              ),
        ),
      isOpen,
      override: (order) => {
        override = order
      },
      status: () => ({
        dependency,
        state: breaker.state(now()),
        mode,
        override: ordered(),
        rates: breaker.rates(now()),
        openings,
        load: bulkhead.load(),
      }),
    }
  })
