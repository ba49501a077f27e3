/**
 * A consumer's membership in a Kafka group: sessions, one after another, for as long as it consumes. A session ends with
 * any trouble that kafkajs does not get over by itself, with a defect of the handler, and when kafkajs falls silent.
 *
 * Law: the handler's own position is the truth. What the group has committed follows it, for tools that watch its lag.
 */
import { Cause, Clock, Deferred, Effect, Schedule } from "effect"
import type { Handler } from "../../ports/event-stream.ts"
import * as Throttle from "../../std/throttle.ts"
import * as Client from "./client.ts"
import { HEARTBEAT_MS, Membership } from "./membership.ts"
import * as TopicIds from "./topic-ids.ts"
import * as Topics from "./topics.ts"

/**
 * A member that is silent for so long is dead, and its partitions go to others; the least that brokers allow. After a
 * broker's crash we are our own predecessor, whose place is free only then.
 */
const SESSION_TIMEOUT_MS = 6_000

/** How long the others wait for a member when the group changes; its handlers are interrupted at its next heartbeat. */
const REBALANCE_TIMEOUT_MS = 6_000

/** A fetch is answered at once when there is something, and after this when there is nothing. */
const FETCH_WAIT_MS = 500

/** All partitions of a fetch are handled side by side, so that a consumer may put them into one transaction. */
const PARTITIONS_AT_ONCE = 256

/** For a watcher's eyes only. */
const COMMIT_MS = 1_000

/** kafkajs says something at least with every fetch and heartbeat; when it does not for so long, it never will again. */
const SILENCE_MS = 60_000

/** Pause between two sessions of a group; kafkajs has tried for some seconds itself. */
const SESSION_PAUSE = Schedule.spaced("500 millis")

/** For kafkajs to say good-bye to the group; without it the others wait for `SESSION_TIMEOUT_MS`. */
const FAREWELL = "2 seconds"

/** What goes on being wrong is logged again after this (ms). */
const LOG_EVERY_MS = 60_000

/** Runs until interrupted. */
export const consume = (options: Client.Options, handler: Handler): Effect.Effect<never> =>
  Effect.suspend(() => {
    let inARow = 0
    let lastAt = Number.NEGATIVE_INFINITY
    let logged = ""
    let throttle = Throttle.make(LOG_EVERY_MS)
    /**
     * One hiccup of the broker (it loads its groups, it has just started) is not worth a line. A second one soon after is, also
     * when the consumer has joined its group in between, and has read something: it may fail at the next thing it is to read.
     */
    const lost = Effect.fnUntraced(function* (error: unknown) {
      const detail = Client.describe(error)
      yield* handler.notice({ _tag: "Lost", detail })
      const now = yield* Clock.currentTimeMillis
      if (now - lastAt > LOG_EVERY_MS) inARow = 0
      lastAt = now
      inARow++
      if (inARow === 1 && Client.isKafkas(error)) return
      if (detail !== logged) throttle = Throttle.make(LOG_EVERY_MS)
      logged = detail
      if (throttle(now) === null) return
      yield* Effect.logWarning(
        `the consumer ${handler.consumer} has lost its stream, ${inARow} times in a row: ${detail}`,
      )
    })
    const flowing = Effect.suspend(() => handler.notice({ _tag: "Flowing" }))
    return session(options, handler, flowing).pipe(
      Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.interrupt : lost(Cause.squash(cause)))),
      Effect.repeat(SESSION_PAUSE),
      Effect.andThen(Effect.never),
    )
  })

/** Shops that share topics do not share a group: each would be given a part of what is the other's. */
export const groupOf = (
  { prefix }: Pick<Client.Options, "prefix">,
  { consumer, shop }: Pick<Handler, "consumer" | "shop">,
) => `${prefix}jaego-${consumer}-${shop}`

const attempt = <A>(promise: () => Promise<A>) => Effect.tryPromise({ try: promise, catch: (error) => error })

/** Connected for as long as the scope. */
const connected = <C extends { connect(): Promise<void>; disconnect(): Promise<void> }>(client: C) =>
  Effect.acquireRelease(Effect.succeed(client), () =>
    Effect.ignore(
      Effect.timeout(
        attempt(() => client.disconnect()),
        FAREWELL,
      ),
    ),
  ).pipe(Effect.tap(() => attempt(() => client.connect())))

const every = (ms: number, act: () => void) =>
  Effect.acquireRelease(
    Effect.sync(() => setInterval(act, ms)),
    (timer) => Effect.sync(() => clearInterval(timer)),
  )

/** What each topic's partitions are called for ever: a topic that is made anew is another one. */
const topicsOf = async (options: Client.Options, handler: Handler, clusterId: string) => {
  const names = handler.topics.map((topic) => Topics.nameOf(options, topic))
  const ids = await TopicIds.fetch(options, names)
  return new Map(
    handler.topics.map((topic, index) => {
      const name = names[index]!
      const id = ids.get(name)
      return [name, { topic, source: `kafka/${clusterId}/${name}${id === undefined ? "" : `@${id}`}` }] as const
    }),
  )
}

const session = (options: Client.Options, handler: Handler, flowing: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const kafka = Client.kafka(options)
    const admin = yield* connected(kafka.admin())
    yield* attempt(() => Topics.ensure(admin, options))
    const { clusterId } = yield* attempt(() => admin.describeCluster())
    const topics = yield* attempt(() => topicsOf(options, handler, clusterId))
    const consumer = kafka.consumer({
      groupId: groupOf(options, handler),
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      // What it does not get over in four tries is over; this file begins anew.
      retry: { retries: 4, restartOnFailure: () => Promise.resolve(false) },
    })
    const over = yield* Deferred.make<never, unknown>()
    const fail = (error: unknown) => Deferred.doneUnsafe(over, Effect.fail(error))
    const fetched = yield* Deferred.make<void>()
    const run = Effect.runPromiseExitWith(yield* Effect.context<never>())
    const membership = new Membership({ admin, consumer, topics, handler, run, fail })

    let lastSign = performance.now()
    const sign = () => {
      lastSign = performance.now()
    }
    const { CRASH, FETCH, FETCH_START, GROUP_JOIN, HEARTBEAT } = consumer.events
    for (const event of [FETCH_START, GROUP_JOIN, HEARTBEAT]) consumer.on(event, sign)
    consumer.on(CRASH, ({ payload }) => fail(payload.error))
    consumer.on(GROUP_JOIN, ({ payload }) => membership.joined(payload.memberAssignment))
    // It knows what there is, and could read it.
    consumer.on(FETCH, () => Deferred.doneUnsafe(fetched, Effect.void))
    yield* Effect.forkScoped(Effect.andThen(Deferred.await(fetched), flowing))

    yield* connected(consumer)
    yield* Effect.addFinalizer(() => Effect.promise(() => membership.close()))
    yield* attempt(() => consumer.subscribe({ topics: [...topics.keys()], fromBeginning: true }))
    yield* attempt(() =>
      consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
        eachBatch: (payload) => membership.eachBatch(payload),
      }),
    )
    yield* every(COMMIT_MS, () => {
      void membership.commit()
      if (performance.now() - lastSign > SILENCE_MS) fail(new Error(`kafkajs was silent for ${SILENCE_MS} ms`))
    })
    return yield* Deferred.await(over)
  }).pipe(Effect.scoped)
