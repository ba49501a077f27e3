/**
 * A consumer's membership in a Kafka group: sessions, one after another, for as long as it consumes. A session ends with
 * any trouble that kafkajs does not get over by itself, with a defect of the handler, and when kafkajs falls silent.
 *
 * Law: the handler's own position is the truth. What the group has committed follows it, for those who watch its lag.
 */
import { Cause, Deferred, Effect, Schedule } from "effect"
import type { Handler } from "../../ports/event-stream.ts"
import * as Client from "./client.ts"
import { HEARTBEAT_MS, Membership } from "./membership.ts"
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

/** Between two sessions; kafkajs has tried for some seconds itself. */
const AGAIN = Schedule.spaced("500 millis")

/** For kafkajs to say good-bye to the group; without it the others wait for `SESSION_TIMEOUT_MS`. */
const FAREWELL = "2 seconds"

/** Runs until interrupted. */
export const consume = (options: Client.Options, handler: Handler): Effect.Effect<never> =>
  Effect.suspend(() => {
    let failures = 0
    let told = ""
    /** One hiccup of the broker (it loads its groups, it has just started) is nobody's concern, nor is the same thing twice. */
    const tell = (error: unknown) => {
      failures++
      const trouble = Client.describe(error)
      if ((failures === 1 && Client.isKafkas(error)) || trouble === told) return Effect.void
      told = trouble
      return Effect.logWarning(`consumer ${handler.consumer} has lost its stream: ${trouble}`)
    }
    const joined = () => {
      failures = 0
      told = ""
    }
    return session(options, handler, joined).pipe(
      Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.interrupt : tell(Cause.squash(cause)))),
      Effect.repeat(AGAIN),
      Effect.andThen(Effect.never),
    )
  })

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

const session = (options: Client.Options, handler: Handler, joined: () => void) =>
  Effect.gen(function* () {
    const kafka = Client.kafka(options)
    const admin = yield* connected(kafka.admin())
    yield* attempt(() => Topics.ensure(admin, options))
    const { clusterId } = yield* attempt(() => admin.describeCluster())
    const consumer = kafka.consumer({
      groupId: `jaego-${handler.consumer}`,
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      // What it does not get over in four tries is over; whoever begins anew is this file.
      retry: { retries: 4, restartOnFailure: () => Promise.resolve(false) },
    })
    const over = yield* Deferred.make<never, unknown>()
    const fail = (error: unknown) => Deferred.doneUnsafe(over, Effect.fail(error))
    const run = Effect.runPromiseExitWith(yield* Effect.context<never>())
    const membership = new Membership({ admin, consumer, clusterId, handler, run, fail })

    let lastSign = performance.now()
    const sign = () => {
      lastSign = performance.now()
    }
    const { CRASH, FETCH_START, GROUP_JOIN, HEARTBEAT } = consumer.events
    for (const event of [FETCH_START, GROUP_JOIN, HEARTBEAT]) consumer.on(event, sign)
    consumer.on(CRASH, ({ payload }) => fail(payload.error))
    consumer.on(GROUP_JOIN, ({ payload }) => {
      joined()
      membership.joined(payload.memberAssignment)
    })

    yield* connected(consumer)
    yield* Effect.addFinalizer(() => Effect.promise(() => membership.close()))
    yield* attempt(() => consumer.subscribe({ topics: [...handler.topics], fromBeginning: true }))
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
