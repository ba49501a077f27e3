/**
 * The relay (transactional outbox): publishes the outbox's facts to the event stream, in order, at least once. Of all processes
 * one relays, the leader.
 *
 *     waiting to lead -> reading -> publishing -> advancing -> reading ... -> (leadership lost) -> waiting to lead
 *
 * Law: I7. Cursors move only when the stream has confirmed, and only one publishing is under way at a time. After a stream
 * that did not confirm, facts are read anew before they are published again: a relay that is no longer the leader
 * learns it there, and publishes nothing old.
 * Limits: FACTS_MAX at once; a backlog is drained as fast as the stream takes it.
 * Fails: never. A stream that is down is waited for, ever more slowly; orders go on meanwhile.
 */
import { Clock, Context, Deferred, Effect, Fiber, Layer, type Scope } from "effect"
import { EventStream } from "../ports/event-stream.ts"
import type { Event } from "../ports/events.ts"
import { type Cursor, type Leadership, Outbox } from "../ports/outbox.ts"
import { Probe } from "../ports/probe.ts"
import { Notify } from "../std/notify.ts"
import * as Throttle from "../std/throttle.ts"
import * as RelaySpans from "./relay-spans.ts"

/** Most facts read at once: some 2 MB. */
const FACTS_MAX = 4_000

/**
 * Pause between two readings (ms), unless more was waiting than is read at once. Under load one reading takes what ten commits
 * have written, so that a broker has twenty requests a second to answer: a request costs it as much as what it carries.
 */
const PACE_MS = 50

/**
 * The same while no consumer wants any of what was read: most of a reading is to look into every lane, so that one in place of two saves
 * a sale of many products, of which no fact is wanted, a hundredth of the processors. A fact that is wanted waits as long at most as for a lost wake.
 */
const PASSING_PACE_MS = 100

/** Poll interval (ms): catches a lost wake, or another process's commit. */
const POLL_MS = 100

/** From so many facts on that one reading has passed over, the next comes at the pace of those that are wanted: they must not wait behind them. */
const PASSED_MAX = (FACTS_MAX * 3) / 4

/** Pause before leadership is sought again (ms), after it was lost or the database was not reached. */
const LEAD_PAUSE_MS = 500

/** Back-off (ms), after so many publishings in a row that the stream did not confirm. */
const pauseMs = (failures: number): number => Math.min(2_000, 50 * 2 ** failures)

/** A stream that goes on taking nothing is logged again after this (ms). */
const LOG_EVERY_MS = 60_000

/** Drain limit (ms): what was committed may still leave for so long. Otherwise it leaves at the next start. */
export const DRAIN_MS = 2_000

/** Notified after a commit: there are facts. */
export class Wake extends Context.Service<Wake, Notify>()("jaego/app/Wake") {}

/** The wake, and the probe that notifies it of every commit. */
export const waking: Layer.Layer<Wake | Probe, never, Probe> = Layer.effectContext(
  Effect.map(Probe, (probe) => {
    const changed = new Notify()
    const emit: Probe["Service"]["emit"] = (happening) => {
      probe.emit(happening)
      if (happening._tag === "BatchCommitted") changed.notify()
    }
    return Context.make(Wake, changed).pipe(Context.add(Probe, { emit }))
  }),
)

const oldest = (events: ReadonlyArray<Event>): number =>
  events.reduce((first, { time }) => Math.min(first, time), Number.POSITIVE_INFINITY)

/** How many facts there are from one reading's cursors to the next one's; none of a lane that is seen for the first time. */
const counting = () => {
  const seqs = new Map<number, number>()
  return (cursors: ReadonlyArray<Cursor>): number =>
    cursors.reduce((facts, { lane, seq }) => {
      const before = seqs.get(lane) ?? seq
      seqs.set(lane, seq)
      return facts + seq - before
    }, 0)
}

/** Relays until leadership is lost, or until the scope closes and nothing is left or the stream takes nothing. */
const relay = Effect.fnUntraced(function* (
  leadership: Leadership,
  passedOver: ReadonlyArray<string>,
  closing: Deferred.Deferred<void>,
) {
  const stream = yield* EventStream
  const probe = yield* Probe
  const wake = yield* Wake
  const closed = Deferred.await(closing)
  const throttle = Throttle.make(LOG_EVERY_MS)
  const factsUpTo = counting()
  let failures = 0
  for (;;) {
    const readAt = yield* Clock.currentTimeMillis
    const { cursors, events } = yield* leadership.read(FACTS_MAX, passedOver)
    if (cursors.length === 0) {
      if (Deferred.isDoneUnsafe(closing)) return
      yield* Effect.raceAllFirst([wake.wait, closed, Effect.sleep(POLL_MS)])
      continue
    }
    const sent = RelaySpans.outgoing(events)
    const published = yield* Effect.result(sent.length === 0 ? Effect.void : stream.publish(sent))
    const now = yield* Clock.currentTimeMillis
    const lagSeconds = Math.max(0, now - oldest(events)) / 1_000
    if (published._tag === "Failure") {
      const { detail } = published.failure
      probe.emit({ _tag: "StreamStalled", lagSeconds, detail })
      failures++
      if (throttle(now) !== null) yield* Effect.logWarning(`the event stream takes no facts: ${detail}`)
      if (Deferred.isDoneUnsafe(closing)) return
      yield* Effect.raceFirst(closed, Effect.sleep(pauseMs(failures)))
      continue
    }
    if (failures > 0) yield* Effect.logInfo("the event stream takes facts again")
    failures = 0
    if (sent !== events) RelaySpans.confirmed(probe, events, sent, now)
    yield* leadership.advance(cursors)
    if (events.length > 0)
      probe.emit({ _tag: "FactsRelayed", facts: events.length, seconds: (now - readAt) / 1_000, lagSeconds })
    const isPassing = factsUpTo(cursors) < PASSED_MAX && events.length === 0
    const left = (isPassing ? PASSING_PACE_MS : PACE_MS) - ((yield* Clock.currentTimeMillis) - readAt)
    if (left > 0 && events.length < FACTS_MAX) yield* Effect.raceFirst(closed, Effect.sleep(left))
  }
})

const leading = Effect.fnUntraced(function* (passedOver: ReadonlyArray<string>, closing: Deferred.Deferred<void>) {
  const outbox = yield* Outbox
  const probe = yield* Probe
  const closed = Deferred.await(closing)
  const again = Effect.raceFirst(closed, Effect.sleep(LEAD_PAUSE_MS))
  const lead = Effect.gen(function* () {
    const leadership = yield* Effect.raceFirst(outbox.take, Effect.as(closed, null))
    if (leadership === null) return
    yield* Effect.acquireRelease(
      Effect.sync(() => probe.emit({ _tag: "LeadershipTaken" })),
      () => Effect.sync(() => probe.emit({ _tag: "LeadershipEnded" })),
    )
    yield* relay(leadership, passedOver, closing)
  }).pipe(
    Effect.scoped,
    Effect.catchTags({
      LeadershipLost: ({ detail }) =>
        Effect.andThen(Effect.logWarning(`the relay has lost its leadership: ${detail}`), again),
      Unavailable: () => again,
    }),
  )
  while (!Deferred.isDoneUnsafe(closing)) yield* lead
})

/**
 * Relays until the scope closes; then what was committed may still leave, for a moment. Facts of the types `passedOver` are
 * not published: no consumer of the stream wants them, now or ever.
 */
export const start = (
  passedOver: ReadonlyArray<string>,
): Effect.Effect<void, never, Outbox | EventStream | Probe | Wake | Scope.Scope> =>
  Effect.gen(function* () {
    const closing = yield* Deferred.make<void>()
    const running = yield* Effect.forkScoped(leading(passedOver, closing))
    yield* Effect.addFinalizer(() =>
      Effect.andThen(Deferred.succeed(closing, undefined), Effect.timeoutOption(Fiber.await(running), DRAIN_MS)),
    )
  })
