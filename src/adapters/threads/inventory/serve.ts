/**
 * A worker thread's own end: takes commands in, gives completions out (all of one event-loop turn in one message), until it
 * is asked to drain. Inside, the worker is the same that runs without threads.
 */

import { parentPort, workerData } from "node:worker_threads"
import { Deferred, Effect, Exit, Layer, Scope } from "effect"
import type { OwnedLane } from "../../../ports/ledger.ts"
import { type Happening, Probe } from "../../../ports/probe.ts"
import { type Worker, Workers } from "../../../ports/workers.ts"
import { type Birth, type Completion, type FromWorker, type ToWorker, toPlain } from "./messages.ts"

/** What this thread was born with. */
export const birth = (): Birth => workerData as Birth

class Outgoing {
  #completions: Array<Completion> = []
  #happenings: Array<Happening> = []
  #scheduled = false

  give(completion: Completion): void {
    this.#completions.push(completion)
    this.#schedule()
  }

  report(happening: Happening): void {
    this.#happenings.push(happening)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.flush())
  }

  flush(): void {
    this.#scheduled = false
    if (this.#completions.length + this.#happenings.length === 0) return
    post({ _tag: "Completions", completions: this.#completions, happenings: this.#happenings })
    this.#completions = []
    this.#happenings = []
  }
}

const post = (message: FromWorker): void => parentPort!.postMessage(JSON.stringify(message))
const outgoing = new Outgoing()

/** What happens here is counted in the main thread, under this worker's number. */
export const probe = Layer.succeed(Probe, {
  emit: (happening: Happening) => {
    outgoing.report("worker" in happening ? { ...happening, worker: birth().worker } : happening)
  },
})

const begun = Deferred.makeUnsafe<ReadonlyArray<OwnedLane>>()

/** Completes when it is given its lanes: until then this thread is a spare. */
export const beginning = Effect.asVoid(Deferred.await(begun))

/** Waits for its lanes, then serves until drained. */
export const serve = Effect.gen(function* () {
  const workers = yield* Workers
  const drained = yield* Deferred.make<void>()
  let worker: Worker | null = null
  parentPort!.on("message", (text: string) => {
    const message = JSON.parse(text) as ToWorker
    if (message._tag === "Begin") return Deferred.doneUnsafe(begun, Effect.succeed(message.lanes))
    if (message._tag === "Drain") return Deferred.doneUnsafe(drained, Effect.void)
    if (message._tag === "Abandoned") return worker!.abandon(message.claim)
    if (message._tag === "Watch") {
      for (const productId of message.productIds) worker!.watch(productId, message.isWatched)
      return
    }
    // No command is sent before this worker has said that it is ready.
    for (const { id, command } of message.commands)
      worker!.submit(command, (exit) => outgoing.give({ id, exit: toPlain(exit) }))
  })
  const lanes = yield* Deferred.await(begun)
  const scope = yield* Scope.make()
  const crew = yield* Scope.provide(
    workers.start([lanes], {
      ended: (reply) => post({ _tag: "Ended", reply }),
      missing: () => undefined,
      changed: (stocks) => post({ _tag: "Stock", stocks }),
    }),
    scope,
  )
  worker = crew.workers[0]!
  yield* Effect.forkChild(
    Effect.andThen(
      crew.fenced,
      Effect.sync(() => post({ _tag: "Fenced" })),
    ),
  )
  post({ _tag: "Ready" })
  yield* Deferred.await(drained)
  yield* Scope.close(scope, Exit.void)
  outgoing.flush()
  parentPort!.close()
})
