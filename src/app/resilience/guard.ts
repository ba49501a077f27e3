/**
 * A guard around all calls to one dependency: bulkhead and rate outside, then the circuit breaker, then the time limit.
 *
 *     call -> is the circuit open? -> a place and a turn of the rate -> is it open by now? -> at most `timeoutMs` -> answer
 *
 * A call whose answer was transient (no connection, say) is made once more after a random pause, if the retry budget has it.
 * A call costs one fiber and no timer: its time limit is kept by one timer for all (`deadlines.ts`).
 *
 * Law: a call that is refused was not made. A call past its limit is given up and counts as failed; whether it had an effect is
 * unknown, which is for the caller to say (`onTimeout`).
 * Fails: `CallRefused`.
 */
import { Clock, Effect, type Exit, type Fiber, FiberSet, Latch, Random, Schedule, type Scope } from "effect"
import { Probe } from "../../ports/probe.ts"
import { Bulkhead, type Settings as Places } from "./bulkhead.ts"
import { CallRefused, type Kind, Passage } from "./call.ts"
import * as CircuitBreaker from "./circuit-breaker.ts"
import { Deadlines } from "./deadlines.ts"
import { Dependencies, type Dependency, type Mode, type Override, type Status } from "./dependencies.ts"
import { RetryBudget } from "./retry-budget.ts"

export interface Settings {
  readonly dependency: string
  readonly timeoutMs: number
  readonly mode: Mode
  readonly breaker: CircuitBreaker.Settings
  readonly bulkhead: Places
}

export interface Guard extends Dependency {
  /** `urgency`: the least goes first, see `bulkhead.ts`. */
  readonly run: <A>(kind: Kind<A>, urgency: number, work: Effect.Effect<A>) => Effect.Effect<A, CallRefused>
  /** True: calls made now are refused at once, but for the one that looks now and then whether the dependency is well. */
  readonly isOpen: () => boolean
  /** How many calls would be admitted now: none when the circuit is open, but for one now and then; a few when the dependency is probed. */
  readonly room: () => number
  /** How long the circuit stays open, as far as that is known (ms); 0: it is not. */
  readonly openForMs: () => number
  /** Whether calls wait for a place or their turn. */
  readonly queues: () => boolean
  /** Lets through while the circuit is closed. */
  readonly healthy: Latch.Latch
}

/** Retries for each call. */
const RETRY_SHARE = 0.1

/** Before a retry (ms): at least, and so much more by chance, so that calls that failed together do not come back together. */
const RETRY_AFTER_MS = 50
const RETRY_JITTER_MS = 100

/** How often it is announced how the guard is. */
const MEASURE = Schedule.spaced("1 second")

const AUTO: Override = { mode: "auto", until: null, reason: "" }

/** What a guard works with. */
interface Means {
  readonly probe: Probe["Service"]
  readonly now: () => number
  /** Between 0 and 1. */
  readonly chance: () => number
  readonly fork: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>
  readonly later: (ms: number, then: () => void) => void
}

class Guarded implements Guard {
  readonly healthy = Latch.makeUnsafe(true)
  readonly #settings: Settings
  readonly #means: Means
  readonly #breaker: CircuitBreaker.CircuitBreaker
  readonly #bulkhead: Bulkhead<Passage>
  readonly #deadlines = new Deadlines<Passage>()
  readonly #budget = new RetryBudget(RETRY_SHARE)
  #override = AUTO
  #openings = 0
  /** When the timer goes off (ms); infinity: none is set. */
  #wakeAt = Number.POSITIVE_INFINITY
  #isGivingTurns = false

  constructor(settings: Settings, means: Means) {
    const { dependency } = settings
    this.#settings = settings
    this.#means = means
    this.#bulkhead = new Bulkhead(settings.bulkhead, (passage, now) => this.#begin(passage, now))
    this.#breaker = new CircuitBreaker.CircuitBreaker(settings.breaker, (to) => {
      if (to === "open") this.#openings++
      if (to === "closed") this.healthy.openUnsafe()
      else this.healthy.closeUnsafe()
      means.probe.emit({ _tag: "CircuitChanged", dependency, to })
    })
    means.probe.emit({ _tag: "CircuitChanged", dependency, to: "closed" })
  }

  run<A>(kind: Kind<A>, urgency: number, work: Effect.Effect<A>): Effect.Effect<A, CallRefused> {
    // The work runs in a fiber of the guard's own, which is given nothing but the caller's span.
    return Effect.withFiber(({ cache: { span } }) =>
      this.#run(kind, urgency, span === undefined ? work : Effect.withParentSpan(work, span)),
    )
  }

  #run<A>(kind: Kind<A>, urgency: number, work: Effect.Effect<A>): Effect.Effect<A, CallRefused> {
    return Effect.callback<A, CallRefused>((resume) => {
      this.#budget.attempted()
      // What is resumed is what the call's own work has given.
      const passage = new Passage(kind as unknown as Kind<unknown>, urgency, work, resume as Passage["resume"])
      this.#enter(passage)
      return passage.isOver ? undefined : Effect.sync(() => this.#abandon(passage))
    })
  }

  isOpen(): boolean {
    const { mode: order } = this.#ordered()
    if (order !== "auto") return order === "open"
    return this.#settings.mode === "on" && this.#breaker.state(this.#means.now()) === "open"
  }

  room(): number {
    const { mode: order } = this.#ordered()
    if (order === "open") return 0
    const isFree = order === "closed" || this.#settings.mode !== "on"
    return isFree ? Number.POSITIVE_INFINITY : this.#breaker.room(this.#means.now())
  }

  openForMs(): number {
    if (!this.isOpen()) return 0
    const { mode: order, until } = this.#ordered()
    const now = this.#means.now()
    return order === "open" ? (until ?? now) - now : this.#breaker.openForMs(now)
  }

  queues(): boolean {
    return this.#bulkhead.queued > 0
  }

  override(order: Override): void {
    this.#override = order
  }

  status(): Status {
    const now = this.#means.now()
    const { dependency, mode } = this.#settings
    return {
      dependency,
      state: this.#breaker.state(now),
      mode,
      override: this.#ordered(),
      rates: this.#breaker.rates(now),
      openings: this.#openings,
      openForMs: this.#breaker.openForMs(now),
      load: this.#bulkhead.load(),
    }
  }

  measure(): void {
    const { dependency, load, rates } = this.status()
    const { oldestSince, queued, running } = load
    const oldestSeconds = oldestSince === null ? 0 : (this.#means.now() - oldestSince) / 1_000
    this.#means.probe.emit({ _tag: "DependencyMeasured", dependency, running, queued, oldestSeconds, ...rates })
  }

  #ordered(): Override {
    const { until } = this.#override
    if (until !== null && this.#means.now() >= until) this.#override = AUTO
    return this.#override
  }

  #enter(passage: Passage): void {
    if (this.isOpen() && this.room() === 0) return this.#refuse(passage, "circuit-open")
    if (!this.#bulkhead.enter(passage, this.#means.now())) return this.#refuse(passage, "queue-full")
    if (passage.isWaiting) this.#giveTurns()
  }

  #refuse(passage: Passage, reason: CallRefused["reason"]): void {
    const { dependency } = this.#settings
    this.#means.probe.emit({ _tag: "CallRefused", dependency, reason, observed: false })
    this.#end(passage, passage.isRetry ? Effect.succeed(passage.first) : Effect.fail(new CallRefused({ reason })))
  }

  /** It has a place and its turn. */
  #begin(passage: Passage, now: number): void {
    if (!this.#admit(passage, now)) {
      this.#bulkhead.leave()
      return this.#refuse(passage, "circuit-open")
    }
    passage.begunAt = now
    passage.fiber = null
    const fiber = this.#means.fork(passage.work)
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return this.#answered(passage, exit)
    passage.fiber = fiber
    this.#deadlines.add(passage)
    // Those who give turns set the timer themselves.
    if (!this.#isGivingTurns) this.#wake(now, now + this.#settings.timeoutMs)
    fiber.addObserver((exit) => {
      // Given up before, or past its limit: it was taken out already.
      if (passage.fiber !== fiber) return
      this.#deadlines.remove(passage)
      this.#answered(passage, exit)
    })
  }

  /** False: the circuit is open. Without a permit the call is made, and the circuit learns nothing of it. */
  #admit(passage: Passage, now: number): boolean {
    const { dependency, mode } = this.#settings
    const { mode: order } = this.#ordered()
    passage.permit = null
    if (order === "open") return false
    if (order === "closed" || mode === "off") return true
    passage.permit = this.#breaker.admit(now)
    if (passage.permit !== null) return true
    if (mode === "on") return false
    this.#means.probe.emit({ _tag: "CallRefused", dependency, reason: "circuit-open", observed: true })
    return true
  }

  #answered(passage: Passage, exit: Exit.Exit<unknown>): void {
    if (exit._tag === "Failure") {
      // A defect, which is ours: of it nothing is learnt.
      this.#leave(passage)
      return this.#end(passage, exit)
    }
    const { value: answer } = exit
    this.#report(passage, answer, passage.kind.isFailure(answer))
    this.#leave(passage)
    if (passage.isRetry || !passage.kind.isTransient(answer) || !this.#budget.takeRetry())
      return this.#end(passage, exit)
    passage.isRetry = true
    passage.first = answer
    this.#means.later(RETRY_AFTER_MS + this.#means.chance() * RETRY_JITTER_MS, () => {
      if (!passage.isOver) this.#enter(passage)
    })
  }

  /** The answer is there, or will not be waited for. */
  #report({ begunAt, kind, permit }: Passage, answer: unknown, isFailure: boolean): void {
    const now = this.#means.now()
    if (permit !== null) this.#breaker.report(permit, isFailure, now)
    const { dependency } = this.#settings
    const seconds = (now - begunAt) / 1_000
    const outcome = kind.outcome(answer)
    this.#means.probe.emit({ _tag: "CallAnswered", dependency, call: kind.name, outcome, seconds })
  }

  /** Its place is free. */
  #leave(passage: Passage): void {
    if (passage.permit !== null) this.#breaker.release(passage.permit)
    passage.permit = null
    passage.fiber = null
    this.#bulkhead.leave()
    this.#giveTurns()
  }

  #end(passage: Passage, answer: Effect.Effect<unknown, CallRefused>): void {
    passage.isOver = true
    passage.resume(answer)
  }

  /** Its caller does not want it any more. */
  #abandon(passage: Passage): void {
    passage.isOver = true
    if (passage.isWaiting) this.#bulkhead.abandon(passage)
    else this.#stop(passage)
  }

  /** Hangs up on what is under way. */
  #stop(passage: Passage): void {
    const { fiber } = passage
    if (fiber === null) return
    this.#deadlines.remove(passage)
    this.#leave(passage)
    fiber.interruptUnsafe()
  }

  #giveTurns(): void {
    // A call that ends while it is begun leads here again: the loop below sees its place.
    if (this.#isGivingTurns) return
    this.#isGivingTurns = true
    const now = this.#means.now()
    const turnAt = this.#bulkhead.giveTurns(now)
    this.#isGivingTurns = false
    const { oldest } = this.#deadlines
    const deadline = oldest === null ? Number.POSITIVE_INFINITY : oldest.begunAt + this.#settings.timeoutMs
    this.#wake(now, Math.min(turnAt, deadline))
  }

  #wake(now: number, at: number): void {
    if (at >= this.#wakeAt) return
    this.#wakeAt = at
    this.#means.later(Math.ceil(at - now), () => {
      // One that was overtaken by an earlier one has nothing to do: it would set another, and so for ever.
      if (at === this.#wakeAt) this.#tick()
    })
  }

  /** Gives up what is past its limit, and begins the calls that may. */
  #tick(): void {
    this.#wakeAt = Number.POSITIVE_INFINITY
    const { timeoutMs } = this.#settings
    for (let oldest = this.#deadlines.oldest; oldest !== null; oldest = this.#deadlines.oldest) {
      if (this.#means.now() < oldest.begunAt + timeoutMs) break
      const { fiber } = oldest
      this.#deadlines.remove(oldest)
      const { onTimeout } = oldest.kind
      this.#report(oldest, onTimeout, true)
      this.#leave(oldest)
      this.#end(oldest, Effect.succeed(onTimeout))
      fiber?.interruptUnsafe()
    }
    this.#giveTurns()
  }
}

export const make = (settings: Settings): Effect.Effect<Guard, never, Probe | Dependencies | Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const random = yield* Random.Random
    const timers = yield* Effect.flatMap(FiberSet.make(), (set) => FiberSet.runtime(set)<never>())
    const guard = new Guarded(settings, {
      probe: yield* Probe,
      now: () => clock.currentTimeMillisUnsafe(),
      chance: () => random.nextDoubleUnsafe(),
      fork: Effect.runForkWith(yield* Effect.context<never>()),
      later: (ms, then) => void timers(Effect.andThen(Effect.sleep(ms), Effect.sync(then))),
    })
    yield* Effect.forkScoped(
      Effect.repeat(
        Effect.sync(() => guard.measure()),
        MEASURE,
      ),
    )
    yield* Dependencies.use(({ add }) => Effect.sync(() => add(settings.dependency, guard)))
    return guard
  })
