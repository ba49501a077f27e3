/**
 * A bulkhead: at most `concurrency` calls to a dependency run at once, at most `perSecond` are begun, and at most `queueMax` wait,
 * the most urgent first. What one dependency holds up stays behind its own bulkhead.
 *
 * Law: a call that is interrupted while it waits takes no place and no turn of the rate.
 * Limits: `queueMax`. Fails: `QueueFull`, at once; the call was not made.
 */
import { Clock, Data, Deferred, Effect, type Scope } from "effect"
import { Heap } from "../../std/heap.ts"
import { Notify } from "../../std/notify.ts"

export interface Settings {
  readonly concurrency: number
  readonly queueMax: number
  /** Calls begun a second, evenly spaced; null: as they come. */
  readonly perSecond: number | null
}

export class QueueFull extends Data.TaggedError("QueueFull") {}

export interface Load {
  readonly running: number
  readonly queued: number
  /** When the oldest waiting call came, ms since 1970; null: none waits. */
  readonly oldestSince: number | null
}

export interface Bulkhead {
  /** `urgency`: the least goes first, say the end of a hold, ms since 1970. Equal ones go in order of arrival. */
  readonly run: <A, E, R>(urgency: number, call: Effect.Effect<A, E, R>) => Effect.Effect<A, E | QueueFull, R>
  readonly load: () => Load
}

/** How late a timer may be, ms, with the rate still reached. */
const LATE_MS = 20

interface Waiting {
  readonly urgency: number
  readonly arrival: number
  readonly since: number
  readonly turn: Deferred.Deferred<void>
  isGone: boolean
}

const isBefore = (a: Waiting, b: Waiting): boolean =>
  a.urgency < b.urgency || (a.urgency === b.urgency && a.arrival < b.arrival)

export const make = (settings: Settings): Effect.Effect<Bulkhead, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { concurrency, perSecond, queueMax } = settings
    const clock = yield* Clock.Clock
    const spacingMs = perSecond === null ? 0 : 1_000 / perSecond
    let heap = new Heap<Waiting>(isBefore)
    const changed = new Notify()
    let waiting = 0
    let running = 0
    let arrival = 0
    let nextAt = 0

    const admit = (): void => {
      for (let next = heap.pop(); next !== undefined; next = heap.pop()) {
        if (next.isGone) continue
        next.isGone = true
        waiting--
        running++
        Deferred.doneUnsafe(next.turn, Effect.void)
        return
      }
    }

    /** Gives one turn after the other, each when there is a place and the rate allows it. */
    const giveTurns = Effect.gen(function* () {
      while (waiting === 0 || running >= concurrency) yield* changed.wait
      const now = clock.currentTimeMillisUnsafe()
      if (now < nextAt) return yield* Effect.sleep(Math.ceil(nextAt - now))
      // A quiet time is not saved up for a burst; what a timer was late is made up for.
      nextAt = Math.max(nextAt, now - LATE_MS) + spacingMs
      admit()
    })
    yield* Effect.forkScoped(Effect.forever(giveTurns))

    const live = (): Heap<Waiting> => {
      const rest = new Heap<Waiting>(isBefore)
      for (const one of heap.list()) if (!one.isGone) rest.push(one)
      return rest
    }

    const arrive = (urgency: number): Waiting => {
      const since = clock.currentTimeMillisUnsafe()
      const one: Waiting = { urgency, arrival: arrival++, since, turn: Deferred.makeUnsafe(), isGone: false }
      waiting++
      // Interrupted calls leave the heap when their turn comes, or here, before they outnumber the others.
      if (heap.size >= 2 * queueMax) heap = live()
      heap.push(one)
      changed.notify()
      return one
    }

    const leave = (one: Waiting) =>
      Effect.sync(() => {
        if (Deferred.isDoneUnsafe(one.turn)) running--
        else {
          one.isGone = true
          waiting--
        }
        changed.notify()
      })

    return {
      run: <A, E, R>(urgency: number, call: Effect.Effect<A, E, R>) =>
        Effect.acquireUseRelease(
          Effect.suspend(() => (waiting < queueMax ? Effect.succeed(arrive(urgency)) : Effect.fail(new QueueFull()))),
          ({ turn }) => Effect.andThen(Deferred.await(turn), call),
          leave,
        ),
      load: () => {
        const since = heap.list().flatMap((one) => (one.isGone ? [] : [one.since]))
        return {
          running,
          queued: waiting,
          oldestSince: since.length === 0 ? null : since.reduce((a, b) => Math.min(a, b)),
        }
      },
    }
  })
