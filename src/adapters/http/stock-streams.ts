/**
 * The streams of stock: server-sent events (WHATWG HTML, 9.2) to all who look at products.
 *
 * Why it exists: thousands look at the one product that sells, so a stream is an entry in two sets, without a fiber or a timer of
 * its own, and an event is one text for all of them. What a stream is not given is not kept for it: it is given the newest.
 * Law: an event a stream each EVERY_MS at most; at once when the product was sold out or is for sale again, if that did not just
 * happen. Nothing is written to a socket that has not taken what it was given last, so that it holds one event.
 * Limits: below. A stream that takes nothing for two heartbeats is cut.
 */
import type { ServerResponse } from "node:http"
import type { Feed, Subscriber, Unsubscribe } from "../../app/stock-feed.ts"
import type { ProductId } from "../../domain/ids.ts"
import { isSoldOut, type Stock } from "../../domain/stock.ts"
import * as Views from "./views.ts"

/** Between two events of a stream, ms: as often as a person can follow. */
export const EVERY_MS = 250

/** And so much more for each stream of the product, ms: its events cost at most a twentieth of a core, however many look at it. */
export const SPREAD_MS = 0.2

/** Without an event for so long, ms, a stream is given a comment: shorter than proxies wait (60 s). */
export const HEARTBEAT_MS = 15_000

/** The wheel of heartbeats has so many spokes, and turns once in HEARTBEAT_MS. */
const SPOKES = 15

/** Streams that are written to in one turn of the event loop: a millisecond or two of a thread that also takes orders. */
const SLICE = 128

/** When a client is to come back after its stream has ended, ms: at a time of its own, or all would come at once. */
const retryMs = (): number => 1_000 + Math.floor(Math.random() * 2_000)

/** Said in advance as well: a connection may be lost without a word. */
const OPENING = `retry: 2000\n\n`
const HEARTBEAT = Buffer.from(":\n\n")

const nameOf = (stock: Stock, wasSoldOut: boolean): string => {
  if (isSoldOut(stock) === wasSoldOut) return "stock"
  return wasSoldOut ? "back-in-stock" : "sold-out"
}

/** Versions are ids: a client that comes back says which one it has seen (`Last-Event-ID`). */
const eventOf = (productId: ProductId, stock: Stock, name: string): string =>
  `event: ${name}\nid: ${stock.version}\ndata: ${JSON.stringify(Views.stock({ productId, stock }))}\n\n`

/** Of the product, made once for all of its streams. */
class Event {
  readonly stock: Stock
  readonly #productId: ProductId
  readonly #texts = new Map<string, Buffer>()

  constructor(productId: ProductId, stock: Stock) {
    this.#productId = productId
    this.stock = stock
  }

  text(wasSoldOut: boolean): Buffer {
    const name = nameOf(this.stock, wasSoldOut)
    let text = this.#texts.get(name)
    if (text === undefined) {
      text = Buffer.from(eventOf(this.#productId, this.stock, name))
      this.#texts.set(name, text)
    }
    return text
  }
}

/** What a stream was given last. */
interface Stream {
  readonly response: ServerResponse
  version: number
  wasSoldOut: boolean
  /** On the clock of `performance`, ms. */
  givenAt: number
  /** It had taken nothing at the last turn of the wheel. */
  isStuck: boolean
}

/** Past node's response, which would look again and again whether its head is out. False: what it was given last is still there. */
const give = ({ response }: Stream, text: Buffer): boolean => {
  const { socket } = response
  if (socket === null || socket.writableLength > 0 || !socket.writable) return false
  socket.write(text)
  return true
}

/** The streams of one product. */
class Channel implements Subscriber {
  readonly streams = new Set<Stream>()
  readonly #productId: ProductId
  readonly #end: (stream: Stream) => void
  #event: Event | null = null
  /** Those that the round under way has not come to yet; null: none is under way. */
  #round: Iterator<Stream> | null = null
  #roundAt = Number.NEGATIVE_INFINITY
  #turnedAt = Number.NEGATIVE_INFINITY
  #isUrgent = false
  /** Some were left out of the last round. */
  #isOwing = false
  #timer: NodeJS.Timeout | null = null

  constructor(productId: ProductId, end: (stream: Stream) => void) {
    this.#productId = productId
    this.#end = end
  }

  get #everyMs(): number {
    return EVERY_MS + this.streams.size * SPREAD_MS
  }

  readonly changed = (stock: Stock): void => {
    const before = this.#event?.stock
    if (before !== undefined && before.version >= stock.version) return
    this.#event = new Event(this.#productId, stock)
    const now = performance.now()
    const isTurned = before !== undefined && isSoldOut(before) !== isSoldOut(stock)
    if (isTurned && now - this.#turnedAt >= this.#everyMs) {
      this.#turnedAt = now
      this.#begin(now, true)
    } else this.#schedule(now)
  }

  readonly ended = (): void => {
    for (const stream of this.streams) this.#end(stream)
  }

  /** Its `stock` may be news to the others; and what was committed since it was read is still to be given. */
  join(stream: Stream, stock: Stock): void {
    this.changed(stock)
    this.streams.add(stream)
    if (this.#event!.stock.version > stock.version) this.#schedule(performance.now())
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#round = null
  }

  #schedule(now: number): void {
    if (this.#round !== null) this.#isOwing = true
    if (this.#timer !== null || this.#round !== null) return
    const waitMs = this.#roundAt + this.#everyMs - now
    if (waitMs <= 0) return this.#begin(now, false)
    this.#timer = setTimeout(() => this.#begin(performance.now(), false), Math.ceil(waitMs) + 1)
  }

  /** A round that is under way goes on with what is newest, from the first stream again. */
  #begin(now: number, isUrgent: boolean): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#roundAt = now
    this.#isUrgent = isUrgent
    this.#isOwing = false
    const isUnderWay = this.#round !== null
    this.#round = this.streams.values()
    if (!isUnderWay) this.#go()
  }

  readonly #go = (): void => {
    const round = this.#round
    if (round === null) return
    for (let written = 0; written < SLICE; written++) {
      const next = round.next()
      if (next.done) {
        this.#round = null
        if (this.#isOwing) this.#schedule(performance.now())
        return
      }
      this.#give(next.value)
    }
    setImmediate(this.#go)
  }

  #give(stream: Stream): void {
    const { stock } = this.#event!
    if (stream.version >= stock.version) return
    // A round is at one moment for all: a stream that comes late in it does not miss the next one.
    const isSoon = !this.#isUrgent && this.#roundAt - stream.givenAt < EVERY_MS
    if (isSoon || !give(stream, this.#event!.text(stream.wasSoldOut))) {
      this.#isOwing = true
      return
    }
    stream.version = stock.version
    stream.wasSoldOut = isSoldOut(stock)
    stream.givenAt = this.#roundAt
  }
}

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
    const stream: Stream = { response, version: -1, wasSoldOut: false, givenAt: performance.now(), isStuck: false }
    const spoke = this.#wheel[this.#places % SPOKES]!
    let isLeft = false
    return {
      begin: (stock, seen) => {
        stream.version = stock.version
        stream.wasSoldOut = isSoldOut(stock)
        response.write(OPENING + (seen === stock.version ? "" : eventOf(productId, stock, "stock")))
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

  /** Every stream ends, with a word on when to come back. */
  close(): void {
    this.#isClosed = true
    for (const { channel } of this.#open.values()) channel.ended()
  }

  #openOf(productId: ProductId): Open {
    const known = this.#open.get(productId)
    if (known !== undefined) return known
    const channel = new Channel(productId, this.#end)
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
