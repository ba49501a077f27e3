/**
 * The load generator, a process of its own: buyers over keep-alive HTTP/1.1 on plain sockets, each order with a key and a customer
 * of its own. Loads come as lines of JSON on stdin, one after another; the measurements of each go as a line to stdout.
 *
 * Closed model: each connection sends its next order when the last one is answered. Open model: orders are due at a steady rate,
 * and a latency counts from when its order was due, not from when a connection was free to send it (no coordinated omission).
 * Limits: loopback; `seconds`, and `drainSeconds` for the answers that are then outstanding: they count as if they came at its end.
 */
import { connect, type Socket } from "node:net"
import { createInterface } from "node:readline"
import { DRAIN_SECONDS, type Load, type Measured } from "./load.ts"
import { requests } from "./requests.ts"
import { Tally } from "./tally.ts"

/** Between two tries to reach a service that is not there, ms. */
const RECONNECT_MS = 50

/** For its connections a load waits so long before it begins without those that are missing, ms. */
const CONNECT_MS = 500

/** Every so many orders one is sent twice, with the same key, at about the same time: a client that repeats itself. */
const REPEAT_EVERY = 50

/** In the refusal; a key that is under way, as a repetition's may be, is a 409 too. */
const SOLD_OUT = "insufficient-stock"

interface Sent {
  readonly bytes: string
  /** When it was due, ms. */
  readonly at: number
  readonly isRepeat: boolean
}

/** The buyers of one load. */
class Crowd {
  readonly #load: Load
  readonly #requestOf: (buyer: number) => string
  readonly #tally: Tally
  /** Orders are due from here, ms; measured from `#measured`, to `end`. */
  readonly #begun: number
  readonly #measured: number
  readonly end: number
  readonly #repeats: Array<Sent> = []
  readonly due: Array<number> = []
  #offered = 0
  #buyers = 0
  #underWay = 0
  #isSoldOut = false
  /** Before its time: sold out, or its service is gone. */
  #isEnded = false

  constructor(load: Load, begun: number) {
    this.#load = load
    this.#requestOf = requests(load)
    this.#begun = begun
    this.#measured = begun + load.warmUpSeconds * 1_000
    this.end = this.#measured + load.seconds * 1_000
    this.#tally = new Tally(this.#measured, this.end)
  }

  /** What is to be sent next; null: nothing now. */
  next(): Sent | null {
    const sent = this.#repeats.pop() ?? this.#fresh()
    if (sent !== null) this.#underWay++
    return sent
  }

  #fresh(): Sent | null {
    const now = performance.now()
    if (now >= this.end || this.#isEnded || this.#buyers >= this.#load.limit) return null
    const at = this.#load.rate === null ? now : this.due.shift()
    if (at === undefined) return null
    const bytes = this.#requestOf(++this.#buyers)
    if (this.#buyers % REPEAT_EVERY === 0) this.#repeats.push({ bytes, at, isRepeat: true })
    return { bytes, at, isRepeat: false }
  }

  answered({ at, isRepeat }: Sent, status: string, text: string): void {
    this.#underWay--
    const now = performance.now()
    // A repetition may be refused because the first is still under way.
    if (isRepeat) return
    if (status === "409" && text.includes(SOLD_OUT)) this.#isSoldOut = true
    if (this.#isSoldOut && this.#load.untilSoldOut) this.#isEnded = true
    this.#tally.answered(status, now - at, now)
  }

  /** Whether its order was placed is not known: no other buyer has its name. */
  broke(): void {
    this.#underWay--
    this.#tally.broke()
    if (this.#load.untilLost) this.#isEnded = true
  }

  /** Orders that have become due. */
  fallDue(now: number): void {
    const { rate } = this.#load
    if (rate === null) return
    const until = ((Math.min(now, this.end) - this.#begun) * rate) / 1_000
    for (; this.#offered < until; this.#offered++) this.due.push(this.#begun + (this.#offered * 1_000) / rate)
  }

  /** Nothing more is sent, and what was sent is answered or given up. */
  isOver(now: number): boolean {
    const isLast = now >= this.end || this.#isEnded || (this.#buyers >= this.#load.limit && this.#repeats.length === 0)
    const drainMs = (this.#load.drainSeconds ?? DRAIN_SECONDS) * 1_000
    return isLast && (this.#underWay === 0 || now >= this.end + drainMs)
  }

  /** `unanswered`: when each was due that was sent and has no answer. */
  measured(now: number, unanswered: ReadonlyArray<number>): Measured {
    const waiting = [...this.due, ...unanswered].filter((at) => at >= this.#measured).map((at) => now - at)
    const measured = this.#tally.measured((Math.min(now, this.end) - this.#measured) / 1_000, waiting)
    return { ...measured, isSoldOut: this.#isSoldOut }
  }
}

class Connection {
  /** Null before the load begins. */
  crowd: Crowd | null = null
  #socket: Socket | null = null
  #sent: Sent | null = null
  #text = ""
  #isClosed = false
  readonly #port: number
  readonly #idle: Set<Connection>

  /** `idle`: those that are free to send. */
  constructor(port: number, idle: Set<Connection>) {
    this.#port = port
    this.#idle = idle
    this.open()
  }

  open(): void {
    if (this.#isClosed) return
    const socket = connect({ port: this.#port, host: "127.0.0.1", noDelay: true })
    socket.setEncoding("latin1").on("data", (text) => this.heard(String(text)))
    socket.on("connect", () => {
      this.#socket = socket
      this.go()
    })
    socket.on("error", () => undefined)
    socket.on("close", () => this.lost())
  }

  go(): void {
    const sent = this.#socket === null ? null : (this.crowd?.next() ?? null)
    this.#sent = sent
    if (sent === null) return void (this.#socket !== null && this.#idle.add(this))
    this.#idle.delete(this)
    this.#socket!.write(sent.bytes)
  }

  heard(text: string): void {
    this.#text += text
    const head = this.#text.indexOf("\r\n\r\n")
    if (head < 0 || this.#sent === null) return
    const length = Number(/content-length: (\d+)/i.exec(this.#text.slice(0, head))?.[1] ?? 0)
    if (this.#text.length < head + 4 + length) return
    const status = this.#text.slice(9, 12)
    this.crowd!.answered(this.#sent, status, this.#text)
    this.#text = ""
    this.go()
  }

  lost(): void {
    if (this.#sent !== null) this.crowd!.broke()
    this.#idle.delete(this)
    this.#socket = null
    this.#sent = null
    this.#text = ""
    if (!this.#isClosed) setTimeout(() => this.open(), RECONNECT_MS)
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.destroy()
  }

  /** When the order was due that has no answer yet. */
  get unanswered(): ReadonlyArray<number> {
    return this.#sent === null || this.#sent.isRepeat ? [] : [this.#sent.at]
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const put = async (load: Load): Promise<Measured> => {
  const ports = load.urls.map((url) => Number(new URL(url).port))
  const idle = new Set<Connection>()
  const connections = Array.from(
    { length: load.connections },
    (_, index) => new Connection(ports[index % ports.length]!, idle),
  )
  const patience = performance.now() + CONNECT_MS
  while (idle.size < load.connections && performance.now() < patience) await pause(1)
  const crowd = new Crowd(load, performance.now())
  for (const each of connections) each.crowd = crowd
  let now = performance.now()
  for (; !crowd.isOver(now); now = performance.now()) {
    crowd.fallDue(now)
    for (const each of idle) {
      each.go()
      if (idle.has(each)) break
    }
    await pause(1)
  }
  const measured = crowd.measured(
    now,
    connections.flatMap((each) => each.unanswered),
  )
  for (const each of connections) each.close()
  return measured
}

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await put(JSON.parse(line) as Load))}\n`)
