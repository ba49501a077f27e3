/**
 * A consumer at work: reads what it is given, asks what is to be written for it (a pure function), and hands that to the
 * inbox, in one transaction with what else waits. Why: the effect of an event and the knowledge that it was handled are
 * one commit: a consumer that dies in between is given the event again, and nothing happens twice.
 *
 *     committed    -> the position has moved, the source gives more
 *     unavailable  -> again, ever more slowly: nothing overtakes
 *     indigestible -> the batch is halved until the one event is found; it is poison
 *     poison       -> buried in the dead-letter topic, then parked with its key; all other keys go on
 *
 * Law: I7; an event is buried before it is parked, so that a crash in between buries it twice and never loses it.
 * Limits: EVENTS_MAX a transaction. What a consumer has no use for moves its position at most LAZY_EVENTS or LAZY_MS late:
 * after a crash it is only read again.
 */
import { Clock, Deferred, Effect, Queue, Result, Schedule } from "effect"
import * as Text from "../domain/text.ts"
import * as CloudEvent from "../ports/cloud-event.ts"
import { type DeadLetter, type Deliveries, type Delivery, EventSource, type Notice } from "../ports/event-stream.ts"
import type { Topic } from "../ports/events.ts"
import { type Handled, Inbox, type Indigestible, type Intake, type Taken, type Write } from "../ports/inbox.ts"
import { Probe } from "../ports/probe.ts"
import * as Throttle from "../std/throttle.ts"
import * as Traceparent from "../std/traceparent.ts"
import * as Intakes from "./intakes.ts"

export interface Consumer {
  readonly name: string
  readonly topics: ReadonlyArray<Topic>
  readonly wants: (type: string) => boolean
  /** Pure. The reason why not is for the person who mends it. */
  readonly writes: (event: CloudEvent.CloudEvent) => Result.Result<ReadonlyArray<Write>, string>
}

/** Events in one transaction: some 20 ms of work for the database. */
const EVENTS_MAX = 500
/** Sources in one transaction: all that a stream of our own makes (lanes, partitions) fit. */
const SOURCES_MAX = 256
/** The position of ignored deliveries is saved at most this many deliveries of a source, or ms, late. */
const LAZY_EVENTS = 5_000
const LAZY_MS = 1_000
/** What is wrong with poison (code points): it may quote what came from outside. */
const ERROR_MAX = 1_000
/** Retries while the database or the broker is away: after 100 ms, then ever more slowly, at least every 5 s. */
const RETRIES = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered)

/**
 * What is to be taken in of a delivery; null: the consumer has no use for it; "foreign": it is another shop's. `shop` is ours;
 * null: any.
 */
export const read = (consumer: Consumer, delivery: Delivery, shop: string | null): Taken | "foreign" | null => {
  const type = CloudEvent.typeOf(delivery.value)
  if (type !== null && !consumer.wants(type)) return null
  const poison = (error: string, eventId: string | null): Taken => ({
    _tag: "Poison",
    delivery,
    eventId,
    error: Text.clean(error, ERROR_MAX),
    attempts: 1,
  })
  const decoded = CloudEvent.decode(delivery.value)
  if (Result.isFailure(decoded)) return poison(decoded.failure, null)
  const event = decoded.success
  if (!consumer.wants(event.type)) return null
  if (shop !== null && event.shop !== null && event.shop !== shop) return "foreign"
  // Order is kept per key: an event under another key would be in no order.
  if (delivery.key !== event.subject) return poison(`its key is not its subject ${event.subject}`, event.id)
  const writes = writesOf(consumer, event)
  if (Result.isFailure(writes)) return poison(writes.failure, event.id)
  const taken = { _tag: "Event", delivery, eventId: event.id, version: event.version, writes: writes.success } as const
  const parent = parentOf(delivery)
  return parent === null ? taken : { ...taken, trace: Traceparent.child(parent) }
}

/** The context in which it was sent; null: it is not traced. */
const parentOf = ({ headers: { traceparent } }: Delivery): string | null => {
  const parent = traceparent === undefined ? null : Traceparent.parse(traceparent)
  return parent !== null && Traceparent.isSampled(parent) ? parent : null
}

/** A consumer that throws would throw each time: one event is not to hold up all others. */
const writesOf = (consumer: Consumer, event: CloudEvent.CloudEvent): Result.Result<ReadonlyArray<Write>, string> => {
  try {
    return consumer.writes(event)
  } catch (error) {
    return Result.fail(`${consumer.name} broke: ${error instanceof Error ? error.message : String(error)}`)
  }
}

interface Waiting {
  readonly intake: Intake
  readonly handled: Deferred.Deferred<void>
  /** Its source has been stopped: it will come again, from elsewhere perhaps. */
  left: boolean
}

interface Deps {
  readonly consumer: Consumer
  readonly shop: string
  readonly inbox: Inbox["Service"]
  readonly source: EventSource["Service"]
  readonly probe: Probe["Service"]
  readonly waiting: Queue.Queue<Waiting>
  /** Poison that lies in the dead-letter topic already, however often its intake is tried. */
  readonly buried: WeakSet<Taken>
}

/** Runs until interrupted. */
export const run = (consumer: Consumer): Effect.Effect<never, never, EventSource | Inbox | Probe> =>
  Effect.gen(function* () {
    const inbox = yield* Inbox
    const source = yield* EventSource
    const probe = yield* Probe
    const shop = yield* outlive({ consumer, probe }, "database", inbox.shop)
    const waiting = yield* Queue.unbounded<Waiting>()
    const deps: Deps = { consumer, shop, inbox, source, probe, waiting, buried: new WeakSet() }
    const consume = source.consume({
      consumer: consumer.name,
      shop,
      topics: consumer.topics,
      position: (name) => outlive(deps, "database", inbox.position(consumer.name, name)),
      handle: handling(deps),
      notice: noticing(deps),
    })
    return yield* Effect.raceFirst(consume, Effect.forever(commitNext(deps)))
  })

/** However long it takes. */
const outlive = <A, E>(
  { consumer, probe }: Pick<Deps, "consumer" | "probe">,
  absent: "database" | "stream",
  effect: Effect.Effect<A, E>,
) =>
  effect.pipe(
    Effect.tapError(() => Effect.sync(() => probe.emit({ _tag: "ConsumerStalled", consumer: consumer.name, absent }))),
    Effect.retry(RETRIES),
    Effect.orDie,
  )

/** Deliveries that were read and are of no use, of a source: its position has not moved for them yet. */
interface Idle {
  readonly since: number
  readonly count: number
}

const handling = (deps: Deps) => {
  const idle = new Map<string, Idle>()
  const passOver = passingOver(deps)
  return Effect.fnUntraced(function* ({ deliveries, source }: Deliveries) {
    const now = yield* Clock.currentTimeMillis
    const next = deliveries.at(-1)!.offset + 1
    const wanted = deliveries.map((each) => read(deps.consumer, each, deps.shop)).filter((each) => each !== null)
    const taken = wanted.filter((each) => each !== "foreign")
    if (taken.length < wanted.length) yield* passOver(wanted.length - taken.length)
    const before = idle.get(source) ?? { since: now, count: 0 }
    const count = before.count + deliveries.length
    if (taken.length === 0 && count < LAZY_EVENTS && now - before.since < LAZY_MS) {
      idle.set(source, { since: before.since, count })
      return
    }
    idle.delete(source)
    for (const intake of Intakes.pieces({ consumer: deps.consumer.name, source, taken, next }, EVENTS_MAX))
      yield* bring(deps, intake)
  })
}

/** Lines of a log about the same thing, milliseconds from one to the next. */
const LOG_EVERY_MS = 60_000

const passingOver = ({ consumer: { name }, probe }: Deps) => {
  const throttle = Throttle.make(LOG_EVERY_MS)
  return Effect.fnUntraced(function* (events: number) {
    probe.emit({ _tag: "EventsForeign", consumer: name, events })
    if (throttle(yield* Clock.currentTimeMillis) === null) return
    yield* Effect.logWarning(
      `the consumer ${name} passes over events of another shop: give each shop on a broker its own KAFKA_PREFIX`,
    )
  })
}

const noticing = (deps: Deps) => {
  const consumer = deps.consumer.name
  const { probe } = deps
  return Effect.fnUntraced(function* (notice: Notice) {
    switch (notice._tag) {
      case "Flowing":
        return probe.emit({ _tag: "ConsumerFlowing", consumer })
      case "Lost":
        return probe.emit({ _tag: "ConsumerLost", consumer, detail: Text.clean(notice.detail, ERROR_MAX) })
      case "Jumped": {
        const { from, source, to } = notice
        const events = Math.max(0, to - from)
        probe.emit({ _tag: "EventsMissed", consumer, source, events })
        yield* Effect.logWarning(
          to > from
            ? `the consumer ${consumer} missed ${events} events of ${source}: they were deleted at ${from} to ${to - 1} before it came to them`
            : `the consumer ${consumer} begins ${source} anew at ${to}: it was cut back below ${from}`,
        )
        // Kept, or the next session would log the same again.
        return yield* bring(deps, { consumer, source, taken: [], next: to })
      }
    }
  })
}

/** Done when it is committed. */
const bring = ({ waiting }: Deps, intake: Intake) =>
  Effect.suspend(() => {
    const entry: Waiting = { intake, handled: Deferred.makeUnsafe(), left: false }
    Queue.offerUnsafe(waiting, entry)
    return Effect.onInterrupt(Deferred.await(entry.handled), () =>
      Effect.sync(() => {
        entry.left = true
      }),
    )
  })

/** Takes all that waits into as few transactions as hold it. */
const commitNext = Effect.fnUntraced(function* (deps: Deps) {
  const entries = yield* Queue.takeBetween(deps.waiting, 1, SOURCES_MAX)
  for (const group of Intakes.groups(
    entries.filter(({ left }) => !left),
    EVENTS_MAX,
  )) {
    const clock = yield* Clock.Clock
    const started = clock.currentTimeMillisUnsafe()
    const intakes = group.map(({ intake }) => intake)
    const handled = yield* settle(deps, intakes, 1)
    const ended = clock.currentTimeMillisUnsafe()
    const seconds = (ended - started) / 1_000
    const events = Intakes.eventsIn(intakes)
    const lagSeconds = Math.max(0, ended - Intakes.oldest(intakes, ended)) / 1_000
    deps.probe.emit({ _tag: "EventsHandled", consumer: deps.consumer.name, events, ...handled, seconds, lagSeconds })
    handledTraced(deps, intakes, started, ended)
    for (const entry of group) Deferred.doneUnsafe(entry.handled, Effect.void)
  }
})

/** The spans of events that were handled between these times (ms since 1970). */
const handledTraced = (
  { consumer, probe }: Deps,
  intakes: ReadonlyArray<Intake>,
  startMs: number,
  endMs: number,
): void => {
  for (const { taken } of intakes)
    for (const each of taken) {
      if (each._tag !== "Event" || each.trace === undefined) continue
      const attributes = {
        "messaging.destination.name": each.delivery.topic,
        "messaging.operation.type": "process",
        "messaging.consumer.group.name": consumer.name,
        "messaging.message.id": each.eventId,
      }
      const name = `consumer ${consumer.name}`
      const [context, parent] = [each.trace, parentOf(each.delivery)]
      probe.emit({ _tag: "SpanEnded", span: { context, parent, name, kind: "consumer", startMs, endMs, attributes } })
    }
}

/** Commits them, whatever it takes. `tries`: how often these have been tried, this one included. */
const settle: (deps: Deps, intakes: ReadonlyArray<Intake>, tries: number) => Effect.Effect<Handled> = Effect.fnUntraced(
  function* (deps, intakes, tries) {
    yield* bury(deps, intakes)
    const once = Effect.result(deps.inbox.commit(intakes)).pipe(
      Effect.flatMap((result) =>
        Result.isFailure(result) && result.failure._tag === "Unavailable"
          ? Effect.fail(result.failure)
          : Effect.succeed(result as Result.Result<Handled, Indigestible>),
      ),
    )
    const committed = yield* outlive(deps, "database", once)
    if (Result.isSuccess(committed)) return committed.success
    const sum = { effects: 0, queued: 0 }
    for (const part of Intakes.halves(intakes, committed.failure, tries)) {
      const { effects, queued } = yield* settle(deps, part, tries + 1)
      sum.effects += effects
      sum.queued += queued
    }
    return sum
  },
)

/** Poison goes to the dead-letter topic before it is parked. */
const bury = (deps: Deps, intakes: ReadonlyArray<Intake>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const letters = intakes.flatMap(({ consumer, source, taken }) =>
      taken.flatMap((each): ReadonlyArray<DeadLetter> => {
        if (each._tag === "Event" || deps.buried.has(each)) return []
        deps.buried.add(each)
        return [{ consumer, source, delivery: each.delivery, error: each.error, attempts: each.attempts }]
      }),
    )
    if (letters.length === 0) return Effect.void
    const counted = Effect.sync(() =>
      deps.probe.emit({ _tag: "EventsBuried", consumer: deps.consumer.name, events: letters.length }),
    )
    return Effect.andThen(outlive(deps, "stream", deps.source.bury(letters)), counted)
  })
