/**
 * The stock feed: committed stock to those who look at it (publish and subscribe in one process).
 *
 * Why it exists: thousands may look at one product, and its worker is to say each change once. The first subscriber of a
 * product begins its watch and the last one ends it; calls and no fibers, since a subscriber is mostly idle.
 * Law: I4, I8; what is given is committed, its versions only grow, and nothing is decided by it. Versions may be missing.
 * Fails: when the lanes are lost every subscriber is notified, and unsubscribed.
 */
import { Context } from "effect"
import type { ProductId } from "../domain/ids.ts"
import type { Stock } from "../domain/stock.ts"
import type { CommittedStock, Worker } from "../ports/workers.ts"

export interface Subscriber {
  readonly changed: (stock: Stock) => void
  /** There is no more: it is subscribed no longer. */
  readonly ended: () => void
}

/** Ends a subscription; repeated, it does nothing. */
export type Unsubscribe = () => void

interface Watched {
  readonly subscribers: Set<Subscriber>
  /** Of what was given; 0: nothing was. */
  version: number
}

type Watch = Worker["watch"]

export class Feed {
  readonly #products = new Map<ProductId, Watched>()
  /** Null: nothing is owned, and what is subscribed meanwhile is watched from the day it is. */
  #watch: Watch | null = null

  /** What has changed since a reading that begins after this call is given; the reading itself is the subscriber's. */
  readonly subscribe = (productId: ProductId, subscriber: Subscriber): Unsubscribe => {
    let watched = this.#products.get(productId)
    if (watched === undefined) {
      watched = { subscribers: new Set(), version: 0 }
      this.#products.set(productId, watched)
      this.#watch?.(productId, true)
    }
    watched.subscribers.add(subscriber)
    return () => this.#leave(productId, subscriber)
  }

  /** The products that are subscribed to. */
  get watched(): ReadonlyArray<ProductId> {
    return [...this.#products.keys()]
  }

  changed(stocks: ReadonlyArray<CommittedStock>): void {
    for (const { productId, stock } of stocks) {
      const watched = this.#products.get(productId)
      // Read anew from another worker, it may be older than what the last one has said.
      if (watched === undefined || watched.version >= stock.version) continue
      watched.version = stock.version
      for (const subscriber of watched.subscribers) subscriber.changed(stock)
    }
  }

  /** The lanes are taken: from now on `watch` says who is to announce what. */
  begin(watch: Watch): void {
    this.#watch = watch
    for (const productId of this.#products.keys()) watch(productId, true)
  }

  /** The lanes are lost. */
  end(): void {
    this.#watch = null
    for (const productId of this.watched) this.endOf(productId)
  }

  endOf(productId: ProductId): void {
    const subscribers = this.#products.get(productId)?.subscribers ?? []
    this.#products.delete(productId)
    this.#watch?.(productId, false)
    for (const subscriber of subscribers) subscriber.ended()
  }

  #leave(productId: ProductId, subscriber: Subscriber): void {
    const watched = this.#products.get(productId)
    if (watched === undefined || !watched.subscribers.delete(subscriber) || watched.subscribers.size > 0) return
    this.#products.delete(productId)
    this.#watch?.(productId, false)
  }
}

export class StockFeed extends Context.Service<StockFeed, Pick<Feed, "subscribe">>()("jaego/app/StockFeed") {}
