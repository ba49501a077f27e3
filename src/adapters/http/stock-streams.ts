/**
 * The streams of stock: server-sent events (WHATWG HTML, 9.2) to all who look at products.
 *
 * Why it exists: thousands look at the one product that sells, so a stream is an entry in two sets, without a fiber or a timer of
 * its own, and an event is one text for all of them. What a stream is not given is not kept for it: it is given the newest.
 * Law: what a stream may be given, and when: `stock-channel.ts`. A stream that begins while its product is paused says so.
 * Limits: below. A stream that takes nothing for two heartbeats is cut.
 */
import type { ServerResponse } from "node:http"
import type { Feed, Unsubscribe } from "../../app/stock-feed.ts"
import type { ProductId } from "../../domain/ids.ts"
import { isSoldOut, type Stock } from "../../domain/stock.ts"
import type { Pause } from "../../ports/pauses.ts"
import { Channel, eventOf, give, type Stream } from "./stock-channel.ts"

/** Without an event for so long (ms) a stream is given a comment: shorter than proxies wait (60 s). */
export const HEARTBEAT_MS = 15_000

/** The wheel of heartbeats has so many spokes, and turns once in HEARTBEAT_MS. */
const SPOKES = 15

/** When a client is to come back after its stream has ended (ms): at a time of its own, or all would come at once. */
const retryMs = (): number => 1_000 + Math.floor(Math.random() * 2_000)

/** Said in advance as well: a connection may be lost without a word. */
const OPENING = `retry: 2000\n\n`
const HEARTBEAT = Buffer.from(":\n\n")

export interface Options {
  readonly feed: Pick<Feed, "subscribe">
  readonly streamsMax: number
  /** A stream that takes nothing; its connection is to be closed. */
  readonly cut: (response: ServerResponse) => void
}

/** A place for a stream, whose product is watched from now on. */
export interface Place {
  /** Writes what `stock` is, unless `seen` is its version, and all that comes after it. Its head has been written. */
  readonly begin: (stock: Stock, seen: number | null) => void
  /** The place is free again; repeated, it does nothing. */
  readonly leave: () => void
}

interface Open {
  readonly channel: Channel
  readonly unsubscribe: Unsubscribe
  /** Streams and those that are to become one. */
  places: number
}

export class StockStreams {
  readonly #options: Options
  readonly #open = new Map<ProductId, Open>()
  readonly #wheel: ReadonlyArray<Set<Stream>> = Array.from({ length: SPOKES }, () => new Set<Stream>())
  #spoke = 0
  #turning: NodeJS.Timeout | null = null
  #places = 0
  #isClosed = false
  #pauses: ReadonlyArray<Pause> = []

  constructor(options: Options) {
    this.#options = options
  }

  get size(): number {
    return this.#places
  }

  get isFull(): boolean {
    return this.#places >= this.#options.streamsMax
  }

  /** From now on there are none. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  take(productId: ProductId, response: ServerResponse): Place {
    const open = this.#openOf(productId)
    open.places++
    this.#places++
    this.#turning ??= setInterval(this.#turn, HEARTBEAT_MS / SPOKES)
    const stream: Stream = {
      ...{ response, version: -1, isSoldOut: false, isPaused: false },
      ...{ givenAt: performance.now(), isStuck: false },
    }
    const spoke = this.#wheel[this.#places % SPOKES]!
    let isLeft = false
    return {
      begin: (stock, seen) => {
        stream.version = stock.version
        stream.isSoldOut = isSoldOut(stock)
        stream.isPaused = this.#isPaused(productId)
        const known = seen === stock.version ? "" : eventOf(productId, stock, "stock")
        response.write(OPENING + known + (stream.isPaused ? eventOf(productId, stock, "paused") : ""))
        open.channel.join(stream, stock)
        spoke.add(stream)
        // The lanes were lost, or the service ends, since the stock was read.
        if (this.#open.get(productId) !== open || this.#isClosed) this.#end(stream)
      },
      leave: () => {
        if (isLeft) return
        isLeft = true
        open.channel.streams.delete(stream)
        spoke.delete(stream)
        this.#left(productId, open)
      },
    }
  }

  /** All that is paused now. */
  readonly paused = (pauses: ReadonlyArray<Pause>): void => {
    this.#pauses = pauses
    for (const [productId, { channel }] of this.#open) channel.paused(this.#isPaused(productId))
  }

  #isPaused(id: ProductId): boolean {
    return this.#pauses.some(({ productId }) => productId === null || productId === id)
  }

  /** Every stream ends, with a word on when to come back. */
  close(): void {
    this.#isClosed = true
    for (const { channel } of this.#open.values()) channel.ended()
  }

  #openOf(productId: ProductId): Open {
    const known = this.#open.get(productId)
    if (known !== undefined) return known
    const channel = new Channel(productId, this.#isPaused(productId), this.#end)
    const ended = () => {
      // Who comes now subscribes anew.
      this.#open.delete(productId)
      channel.ended()
    }
    const unsubscribe = this.#options.feed.subscribe(productId, { changed: channel.changed, ended })
    const open = { channel, unsubscribe, places: 0 }
    this.#open.set(productId, open)
    return open
  }

  #left(productId: ProductId, open: Open): void {
    this.#places--
    if (this.#places === 0 && this.#turning !== null) {
      clearInterval(this.#turning)
      this.#turning = null
    }
    if (--open.places > 0) return
    open.unsubscribe()
    open.channel.close()
    if (this.#open.get(productId) === open) this.#open.delete(productId)
  }

  /** Its place becomes free when its connection is closed. */
  readonly #end = (stream: Stream): void => {
    const { socket } = stream.response
    give(stream, Buffer.from(`retry: ${retryMs()}\n\n`))
    socket?.destroySoon()
  }

  readonly #turn = (): void => {
    this.#spoke = (this.#spoke + 1) % SPOKES
    const now = performance.now()
    for (const stream of this.#wheel[this.#spoke]!) {
      const isIdle = (stream.response.socket?.writableLength ?? 0) === 0
      if (isIdle && now - stream.givenAt >= HEARTBEAT_MS / 2) give(stream, HEARTBEAT)
      if (!isIdle && stream.isStuck) this.#options.cut(stream.response)
      stream.isStuck = !isIdle
    }
  }
}
