/**
 * The streams of one product: an event is one text for all of them, and each is given the newest.
 *
 * Law: an event a stream each EVERY_MS at most; at once when the product was sold out, was paused by an operator, or is for sale again,
 * if that did not just happen. Nothing is written to a socket that has not taken what it was given last, so that it holds one event:
 * what a stream is not given is not kept for it.
 */
import type { ServerResponse } from "node:http"
import type { Subscriber } from "../../app/stock-feed.ts"
import type { ProductId } from "../../domain/ids.ts"
import { isSoldOut, type Stock } from "../../domain/stock.ts"
import * as Views from "./views.ts"

/** Between two events of a stream (ms): as often as a person can follow. */
export const EVERY_MS = 250

/** And so much more for each stream of the product (ms): its events cost at most a twentieth of a core, however many look at it. */
export const SPREAD_MS = 0.2

/** Streams that are written to in one turn of the event loop: a millisecond or two of a thread that also takes orders. */
const WRITES_A_TURN = 128

/** What a client believes of the product, or what is so. */
interface Seen {
  readonly isSoldOut: boolean
  readonly isPaused: boolean
}

const nameOf = (now: Seen, seen: Seen): string => {
  if (now.isPaused !== seen.isPaused) return now.isPaused ? "paused" : "resumed"
  if (now.isSoldOut === seen.isSoldOut) return "stock"
  return now.isSoldOut ? "sold-out" : "back-in-stock"
}

/** Versions are ids: a client that comes back says which one it has seen (`Last-Event-ID`). */
export const eventOf = (productId: ProductId, stock: Stock, name: string): string =>
  `event: ${name}\nid: ${stock.version}\ndata: ${JSON.stringify(Views.stock({ productId, stock }))}\n\n`

/** Of the product, made once for all of its streams. */
class Event {
  readonly stock: Stock
  readonly isSoldOut: boolean
  readonly isPaused: boolean
  readonly #productId: ProductId
  readonly #texts = new Map<string, Buffer>()

  constructor(productId: ProductId, stock: Stock, isPaused: boolean) {
    this.#productId = productId
    this.stock = stock
    this.isSoldOut = isSoldOut(stock)
    this.isPaused = isPaused
  }

  text(seen: Seen): Buffer {
    const name = nameOf(this, seen)
    let text = this.#texts.get(name)
    if (text === undefined) {
      text = Buffer.from(eventOf(this.#productId, this.stock, name))
      this.#texts.set(name, text)
    }
    return text
  }
}

/** What a stream was given last. */
export interface Stream {
  readonly response: ServerResponse
  version: number
  isSoldOut: boolean
  isPaused: boolean
  /** On the clock of `performance` (ms). */
  givenAt: number
  /** It had taken nothing at the last turn of the wheel. */
  isStuck: boolean
}

/** Past node's response, which would look again and again whether its head is out. False: what it was given last is still there. */
export const give = ({ response }: Stream, text: Buffer): boolean => {
  const { socket } = response
  if (socket === null || socket.writableLength > 0 || !socket.writable) return false
  socket.write(text)
  return true
}

/** The streams of one product. */
export class Channel implements Subscriber {
  readonly streams = new Set<Stream>()
  readonly #productId: ProductId
  readonly #end: (stream: Stream) => void
  #event: Event | null = null
  #isPaused: boolean
  /** Those that the round under way has not come to yet; null: none is under way. */
  #round: Iterator<Stream> | null = null
  #roundAt = Number.NEGATIVE_INFINITY
  #turnedAt = Number.NEGATIVE_INFINITY
  #isUrgent = false
  /** Some were left out of the last round. */
  #isOwing = false
  #timer: NodeJS.Timeout | null = null

  constructor(productId: ProductId, isPaused: boolean, end: (stream: Stream) => void) {
    this.#productId = productId
    this.#isPaused = isPaused
    this.#end = end
  }

  get #everyMs(): number {
    return EVERY_MS + this.streams.size * SPREAD_MS
  }

  readonly changed = (stock: Stock): void => {
    const before = this.#event?.stock
    if (before !== undefined && before.version >= stock.version) return
    this.#put(stock, before !== undefined && isSoldOut(before) !== isSoldOut(stock))
  }

  /** An operator has paused its sale, or lets it go on. */
  paused(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return
    this.#isPaused = isPaused
    if (this.#event !== null) this.#put(this.#event.stock, true)
  }

  #put(stock: Stock, isTurned: boolean): void {
    this.#event = new Event(this.#productId, stock, this.#isPaused)
    const now = performance.now()
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
    for (let written = 0; written < WRITES_A_TURN; written++) {
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
    const event = this.#event!
    if (stream.version >= event.stock.version && stream.isPaused === event.isPaused) return
    // A round is at one moment for all: a stream that comes late in it does not miss the next one.
    const isSoon = !this.#isUrgent && this.#roundAt - stream.givenAt < EVERY_MS
    if (isSoon || !give(stream, event.text(stream))) {
      this.#isOwing = true
      return
    }
    stream.version = event.stock.version
    stream.isSoldOut = event.isSoldOut
    stream.isPaused = event.isPaused
    stream.givenAt = this.#roundAt
  }
}
