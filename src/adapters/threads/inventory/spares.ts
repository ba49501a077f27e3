/**
 * Spare threads: they have loaded all they need, are connected, and wait for their lanes. A process that stands by
 * takes over in milliseconds with them; loading takes a busy machine more than a second, in which nothing is sold.
 *
 * Fails: a spare that dies is dropped; its worker gets a new thread.
 */
import { Worker as Thread } from "node:worker_threads"
import { Effect } from "effect"
import type { Birth } from "./messages.ts"

/** What every worker is given at its start. */
export type Seed = Omit<Birth, "worker">

/** A crew that has lost its lanes is followed by new spares, but not one that ends with its service: that is gone by then. */
const PREPARE_BACK_OFF = "1 second"

export interface Bench {
  /** The spare of this worker, or else a new thread. From now on no more are prepared. */
  readonly take: (worker: number) => Thread
  /** No crew works any more: there will be spares again, soon. */
  readonly prepareAgain: Effect.Effect<unknown>
}

/** Spares for so many workers, until the scope closes. */
export const make = Effect.fnUntraced(function* (entry: URL, seed: Seed, workers: number) {
  const scope = yield* Effect.scope
  const spares = new Spares(entry, seed)
  yield* Effect.acquireRelease(
    Effect.sync(() => spares.prepare(workers)),
    () => Effect.promise(() => spares.dismiss()),
  )
  let wanted = true
  const bench: Bench = {
    take: (worker) => {
      wanted = false
      return spares.take(worker)
    },
    prepareAgain: Effect.suspend(() => {
      wanted = true
      const prepare = Effect.sync(() => {
        if (wanted) spares.prepare(workers)
      })
      return Effect.forkIn(Effect.delay(prepare, PREPARE_BACK_OFF), scope)
    }),
  }
  return bench
})

class Spares {
  readonly #entry: URL
  readonly #seed: Seed
  /** By the number of the worker each is for. */
  readonly #waiting = new Map<number, Thread>()

  constructor(entry: URL, seed: Seed) {
    this.#entry = entry
    this.#seed = seed
  }

  /** One for each of so many workers; those that wait already stay. */
  prepare(workers: number): void {
    for (let worker = 0; worker < workers; worker++) {
      if (this.#waiting.has(worker)) continue
      const thread = this.#start(worker)
      this.#waiting.set(worker, thread)
      thread.once("exit", () => {
        if (this.#waiting.get(worker) === thread) this.#waiting.delete(worker)
      })
    }
  }

  take(worker: number): Thread {
    const spare = this.#waiting.get(worker)
    this.#waiting.delete(worker)
    return spare ?? this.#start(worker)
  }

  async dismiss(): Promise<void> {
    const spares = [...this.#waiting.values()]
    this.#waiting.clear()
    await Promise.all(spares.map((thread) => thread.terminate()))
  }

  #start(worker: number): Thread {
    const birth: Birth = { worker, ...this.#seed }
    // An error without a listener would end the process.
    return new Thread(this.#entry, { name: `worker-${worker}`, workerData: birth }).on("error", () => undefined)
  }
}
