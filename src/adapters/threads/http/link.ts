/** The main thread's end of one HTTP thread: takes its calls and happenings, and sends the answers. */
import type { Worker as Thread } from "node:worker_threads"
import type { Exit } from "effect"
import type { State } from "../../../app/health.ts"
import type { Pausing } from "../../../app/pausing.ts"
import type { StockFeed, Unsubscribe } from "../../../app/stock-feed.ts"
import type { ProductId } from "../../../domain/ids.ts"
import type { Unavailable } from "../../../ports/failures.ts"
import type { Refused } from "../../../ports/inventory.ts"
import type { Happening } from "../../../ports/probe.ts"
import type { Address } from "../../../std/listen.ts"
import { Bundle } from "../bundle.ts"
import { toPlain } from "../inventory/messages.ts"
import type { Bound, Call, FromHttp, ToHttp } from "./messages.ts"

export interface Listeners {
  /** What stops the call again; null: nothing does. */
  readonly called: (
    call: Call,
    answer: (exit: Exit.Exit<unknown, Refused | Unavailable>) => void,
  ) => (() => void) | null
  readonly subscribe: StockFeed["Service"]["subscribe"]
  readonly watchPauses: Pausing["watch"]
  readonly happened: (happening: Happening) => void
  readonly listening: (bound: Bound) => void
  readonly cannotListen: (message: string) => void
  /** The thread is no more; its calls stay without an answer. */
  readonly gone: (error: unknown) => void
}

export class HttpLink {
  readonly #listeners: Listeners
  readonly #bundle: Bundle<ToHttp>
  /** Of the calls that end with their callers. */
  readonly #stops = new Map<number, () => void>()
  /** Of the products that are looked at there. */
  readonly #watched = new Map<ProductId, Unsubscribe>()
  #error: unknown = null

  constructor(thread: Thread, listeners: Listeners) {
    this.#listeners = listeners
    // To a thread that is gone it says nothing, and does not fail.
    this.#bundle = new Bundle((things) => thread.postMessage(JSON.stringify(things)))
    const unwatch = listeners.watchPauses((pauses) => this.#bundle.add({ _tag: "Paused", pauses }))
    thread.on("message", (text: string) => {
      for (const message of JSON.parse(text) as ReadonlyArray<FromHttp>) this.#hear(message)
    })
    thread.on("error", (error) => {
      this.#error = error
    })
    thread.on("exit", () => {
      unwatch()
      for (const stop of this.#stops.values()) stop()
      for (const unsubscribe of this.#watched.values()) unsubscribe()
      listeners.gone(this.#error)
    })
  }

  listen(address: Address): void {
    this.#bundle.add({ _tag: "Listen", address })
  }

  become(state: State): void {
    this.#bundle.add({ _tag: "Readiness", state })
  }

  drain(): void {
    this.#bundle.add({ _tag: "Drain" })
    this.#bundle.flush()
  }

  #hear(message: FromHttp): void {
    switch (message._tag) {
      case "Called":
        return this.#call(message.call)
      case "Abandoned":
        this.#stops.get(message.id)?.()
        return
      case "Watched":
        return this.#watch(message.productId, message.isWatched)
      case "Happened":
        return this.#listeners.happened(message.happening)
      case "Listening":
        return this.#listeners.listening(message.bound)
      case "CannotListen":
        this.#error = message.message
        return this.#listeners.cannotListen(message.message)
    }
  }

  #watch(productId: ProductId, isWatched: boolean): void {
    this.#watched.get(productId)?.()
    this.#watched.delete(productId)
    if (!isWatched) return
    const unsubscribe = this.#listeners.subscribe(productId, {
      changed: (stock) => this.#bundle.add({ _tag: "Stock", stock: { productId, stock } }),
      ended: () => {
        this.#watched.delete(productId)
        this.#bundle.add({ _tag: "StockEnded", productId })
      },
    })
    this.#watched.set(productId, unsubscribe)
  }

  #call(call: Call): void {
    const { id } = call
    let isAnswered = false
    const stop = this.#listeners.called(call, (exit) => {
      isAnswered = true
      this.#stops.delete(id)
      this.#bundle.add({ _tag: "Answered", id, exit: toPlain(exit) })
    })
    if (stop !== null && !isAnswered) this.#stops.set(id, stop)
  }
}
