/**
 * HTTP on threads of their own, which all listen on one port; the system shares connections out among them. The main
 * thread answers what they ask of the shop.
 *
 * Law: all of them listen before this has started. One that dies is replaced, its connections are lost, and what it had
 * begun is carried to its end. At the end each answers what has begun to arrive, as one server does.
 * Fails: `CannotListen`, one clear line, when they start. Later it is tried again.
 */
import { Worker as Thread } from "node:worker_threads"
import { Deferred, Effect, Fiber, Stream, SubscriptionRef } from "effect"
import { ConsoleFeed } from "../../../app/console/console-feed.ts"
import { DeadLetters } from "../../../app/dead-letters.ts"
import { Readiness, DRAIN_MS as SERVER_DRAIN_MS, type State } from "../../../app/health.ts"
import { ImportDesk } from "../../../app/imports/import-desk.ts"
import { Congestion } from "../../../app/overload/congestion.ts"
import { Parts } from "../../../app/parts.ts"
import { Pausing } from "../../../app/pausing.ts"
import { Reconciling } from "../../../app/reconciliation.ts"
import { Dependencies } from "../../../app/resilience/dependencies.ts"
import { StockFeed } from "../../../app/stock-feed.ts"
import { Reached } from "../../../ports/position.ts"
import { Probe } from "../../../ports/probe.ts"
import { Profiler } from "../../../ports/profiler.ts"
import { type Address, CannotListen } from "../../../std/listen.ts"
import * as Supervisor from "../supervisor.ts"
import * as HttpCalls from "./calls.ts"
import { HttpLink } from "./link.ts"
import type { Bound, HttpBirth, Pages, Redis, Options as ServerOptions } from "./messages.ts"

/** A thread that does not end by itself after this is terminated (ms): its server has given up its own drain long before. */
export const DRAIN_MS = SERVER_DRAIN_MS + Supervisor.ENDING_MS

/** Before a thread that died is replaced for the first time (milliseconds). */
const PAUSE_MS = 50

export interface Options {
  /** The module a thread runs. */
  readonly entry: URL
  /** How many, 1..64. */
  readonly threads: number
  readonly address: Address
  readonly webhookSecrets: HttpBirth["webhookSecrets"]
  /** For all threads together: they share the connections out. */
  readonly server: ServerOptions
  readonly metrics: Pages["metrics"]
  readonly redis: Redis | null
}

/** What the threads ask, answered in this one. */
const answering = Effect.fnUntraced(function* (metrics: Options["metrics"]) {
  const { report } = yield* Parts
  const dependencies = yield* Dependencies
  const pausing = yield* Pausing
  const profiler = yield* Profiler
  const { view } = yield* ConsoleFeed
  const reconciling = yield* Reconciling
  const desk = yield* ImportDesk
  const deadLetters = yield* DeadLetters
  return yield* HttpCalls.make({
    metrics,
    parts: () => report,
    dependencies: () => dependencies.report,
    order: dependencies.order,
    console: view,
    profile: profiler.take,
    paused: () => pausing.list,
    pause: pausing.pause,
    resume: pausing.resume,
    deadLetters: () => deadLetters.groups,
    replayGroup: deadLetters.replayGroup,
    reconcile: reconciling.begin,
    reconciliation: () => reconciling.state,
    importBegin: desk.begin,
    importPut: desk.put,
    importAccept: desk.accept,
    importDrop: desk.drop,
    importGet: desk.get,
    importRows: desk.rows,
  })
})

const diedIn = (probe: Probe["Service"], http: number) => (error: unknown) => {
  probe.emit({ _tag: "HttpThreadDied" })
  return Effect.logError(`HTTP thread ${http} died and is replaced`, error)
}

const drain = (links: ReadonlySet<HttpLink>, state: State): void => {
  for (const link of links) {
    link.become(state)
    link.drain()
  }
}

/** Until the scope closes. */
export const start = Effect.fnUntraced(function* (given: Options) {
  const { address, entry, metrics, redis, threads, webhookSecrets } = given
  const options = { ...given.server, threads }
  const readiness = yield* Readiness
  const probe = yield* Probe
  const congestion = yield* Congestion
  const positions = yield* Reached
  const { subscribe } = yield* StockFeed
  const { watch: watchPauses } = yield* Pausing
  const called = yield* answering(metrics)
  const links = new Set<HttpLink>()
  const closing = yield* Deferred.make<void>()
  /** Each has listened, or could not. The first of them finds the port that all share. */
  const bound = yield* Effect.replicateEffect(Deferred.make<Bound, CannotListen>(), threads)
  const shared = Deferred.await(bound[0]!)

  /** One life of a thread; ends with what it died of. */
  const life = (http: number) =>
    Effect.callback<unknown>((resume) => {
      const birth: HttpBirth = { http, webhookSecrets, options, redis, congestion, positions }
      const thread = new Thread(entry, { name: `http-${http}`, workerData: birth })
      const link = new HttpLink(thread, {
        called,
        subscribe,
        watchPauses,
        happened: probe.emit,
        listening: (where) => Deferred.doneUnsafe(bound[http]!, Effect.succeed(where)),
        cannotListen: (message) => Deferred.doneUnsafe(bound[http]!, Effect.fail(new CannotListen({ message }))),
        gone: (error) => {
          links.delete(link)
          resume(Effect.succeed(error))
        },
      })
      links.add(link)
      link.become(SubscriptionRef.getUnsafe(readiness))
      // Loaded at once, and given its address as soon as that is known.
      if (http === 0 && !Deferred.isDoneUnsafe(bound[0]!)) link.listen(address)
      else Effect.runFork(Effect.ignore(Effect.map(shared, (where) => link.listen(where))))
      return Effect.promise(() => thread.terminate())
    })

  const lives = (http: number) =>
    Supervisor.keepAlive({ life: life(http), closing, died: diedIn(probe, http), pauseMs: PAUSE_MS })

  const running = yield* Effect.forEach(bound, (_, http) => Effect.forkScoped(lives(http)))
  const announce = (state: State) =>
    Effect.sync(() => {
      for (const link of links) link.become(state)
    })
  yield* Effect.forkScoped(Stream.runForEach(SubscriptionRef.changes(readiness), announce))
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      Deferred.doneUnsafe(closing, Effect.void)
      drain(links, SubscriptionRef.getUnsafe(readiness))
      return Effect.timeoutOption(Fiber.awaitAll(running), DRAIN_MS)
    }),
  )
  yield* Effect.forEach(bound, Deferred.await)
  return yield* shared
})
