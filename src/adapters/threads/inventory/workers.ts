/**
 * Workers on threads of their own. A thread that dies is replaced: first its lanes' epochs are raised, which waits for a
 * commit it may have left running, then a new thread starts from what is durable.
 *
 * Law: callers cannot tell local from remote. Fails: `Unavailable` (worker-lost) for whoever was under way.
 */

import type { Worker as Thread } from "node:worker_threads"
import { Deferred, Effect, Exit, FiberSet, Layer, Schedule } from "effect"
import { unavailable } from "../../../ports/failures.ts"
import { Ledger, type OwnedLane } from "../../../ports/ledger.ts"
import { Probe } from "../../../ports/probe.ts"
import { type OrderReply, type Worker, Workers } from "../../../ports/workers.ts"
import { Link } from "./link.ts"
import * as Spares from "./spares.ts"

/** A thread that does not end by itself after a drain is terminated, milliseconds; above the drain's own patience. */
const DRAIN_MS = 15_000
/** A worker that keeps dying is not restarted in a hot loop. */
const RESTART = "200 millis"

/** `entry`: the module a worker thread runs. `spares`: how many threads are made ready for the day lanes are taken. */
export const layer = (entry: URL, databaseUrl: string, spares: number) =>
  Layer.effect(
    Workers,
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const probe = yield* Probe
      const bench = yield* Spares.make(entry, databaseUrl, spares)

      const start = Effect.fnUntraced(function* (
        assignments: ReadonlyArray<ReadonlyArray<OwnedLane>>,
        ended: (reply: OrderReply) => void,
      ) {
        const fenced = yield* Deferred.make<void>()
        const restarts = yield* FiberSet.make()
        const restart = yield* FiberSet.runtime(restarts)<never>()
        const links: Array<Link | null> = assignments.map(() => null)
        /** All that run, also those that are not ready yet. */
        const threads = new Map<Thread, Link>()
        let closing = false

        const spawn = (worker: number, lanes: ReadonlyArray<OwnedLane>): Effect.Effect<void> =>
          Effect.callback<void>((resume) => {
            const thread = bench.take(worker)
            const link = new Link(thread, {
              ready: () => {
                links[worker] = link
                resume(Effect.void)
              },
              happened: probe.emit,
              ended,
              fenced: () => Deferred.doneUnsafe(fenced, Effect.void),
              gone: (error) => {
                threads.delete(thread)
                links[worker] = null
                if (closing) return resume(Effect.void)
                probe.emit({ _tag: "WorkerDied", worker })
                restart(
                  Effect.logError(`worker ${worker} died and is replaced`, error).pipe(
                    Effect.andThen(Effect.sleep(RESTART)),
                    Effect.andThen(replace(worker, lanes)),
                    Effect.andThen(Effect.sync(() => resume(Effect.void))),
                  ),
                )
              },
            })
            threads.set(thread, link)
            link.begin(lanes)
          })

        const replace = (worker: number, lanes: ReadonlyArray<OwnedLane>): Effect.Effect<void> =>
          ledger.raise(lanes).pipe(
            Effect.retry({ schedule: Schedule.spaced(RESTART), while: (error) => error._tag === "LedgerDown" }),
            Effect.flatMap((raised) => spawn(worker, raised)),
            // A worker may have raised its own epochs before it died; then all lanes are taken anew.
            Effect.catch(() => Effect.asVoid(Deferred.succeed(fenced, undefined))),
          )

        yield* Effect.addFinalizer(() =>
          Effect.gen(function* () {
            closing = true
            for (const link of threads.values()) link.drain()
            yield* Effect.forEach([...threads.keys()], exited, { concurrency: "unbounded", discard: true })
            yield* bench.prepareAgain
          }),
        )
        yield* Effect.forEach(assignments, (lanes, worker) => spawn(worker, lanes), { concurrency: "unbounded" })
        const workers = assignments.map(
          (_, worker): Worker => ({
            submit: (command, answer) => {
              const link = links[worker]
              if (link === null || link === undefined) answer(Exit.fail(unavailable("worker-lost")))
              else link.submit(command, answer)
            },
          }),
        )
        return { workers, fenced: Deferred.await(fenced) }
      })

      return Workers.of({ start })
    }),
  )

const exited = (thread: Thread): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (thread.threadId === -1) return resume(Effect.void)
    thread.once("exit", () => resume(Effect.void))
  }).pipe(Effect.timeoutOption(DRAIN_MS), Effect.andThen(Effect.promise(() => thread.terminate())), Effect.asVoid)
