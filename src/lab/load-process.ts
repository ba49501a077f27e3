/**
 * The load generator, a process of its own: buyers over keep-alive HTTP/1.1 on plain sockets, each order with a key and a customer
 * of its own. Its orders come as JSON on stdin, its measurements go as JSON to stdout.
 *
 * Closed model: each connection sends its next order when the last one is answered. Open model: orders are due at a steady rate,
 * and a latency counts from when its order was due, not from when a connection was free to send it (no coordinated omission).
 * Limits: loopback; `seconds`, and DRAIN_MS for the answers that are then outstanding: they count as if they came at its end.
 */
import { connect, type Socket } from "node:net"
import { text } from "node:stream/consumers"
import type { Load } from "./load.ts"
import { requests } from "./requests.ts"
import { Tally } from "./tally.ts"

const DRAIN_MS = 3_000

/** Between two tries to reach a service that is not there, ms. */
const RECONNECT_MS = 50

/** Every so many orders one is sent twice, with the same key, at about the same time: a client that repeats itself. */
const REPEAT_EVERY = 50

interface Sent {
  readonly bytes: string
  /** When it was due, ms. */
  readonly at: number
  readonly isRepeat: boolean
}

const load = JSON.parse(await text(process.stdin)) as Load
const ports = load.urls.map((url) => Number(new URL(url).port))
const requestOf = requests(load)

const begun = performance.now()
const end = begun + load.seconds * 1_000
const tally = new Tally(end)
const repeats: Array<Sent> = []
const due: Array<number> = []
let offered = 0
let buyers = 0
let underWay = 0
let isSoldOut = false

/** What is to be sent next; null: nothing now. */
const next = (): Sent | null => {
  const repeat = repeats.pop()
  if (repeat !== undefined) return repeat
  const now = performance.now()
  if (now >= end || isSoldOut || buyers >= load.limit) return null
  const at = load.rate === null ? now : due.shift()
  if (at === undefined) return null
  const bytes = requestOf(++buyers)
  if (buyers % REPEAT_EVERY === 0) repeats.push({ bytes, at, isRepeat: true })
  return { bytes, at, isRepeat: false }
}

const idle = new Set<Connection>()

class Connection {
  #socket: Socket | null = null
  #sent: Sent | null = null
  #text = ""
  readonly #port: number

  constructor(port: number) {
    this.#port = port
    this.open()
  }

  open(): void {
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
    const sent = this.#socket === null ? null : next()
    this.#sent = sent
    if (sent === null) return void (this.#socket !== null && idle.add(this))
    idle.delete(this)
    underWay++
    this.#socket!.write(sent.bytes)
  }

  heard(text: string): void {
    this.#text += text
    const head = this.#text.indexOf("\r\n\r\n")
    if (head < 0 || this.#sent === null) return
    const length = Number(/content-length: (\d+)/i.exec(this.#text.slice(0, head))?.[1] ?? 0)
    if (this.#text.length < head + 4 + length) return
    const status = this.#text.slice(9, 12)
    this.#text = ""
    this.answered(this.#sent, status)
    this.go()
  }

  answered({ at, isRepeat }: Sent, status: string): void {
    underWay--
    const now = performance.now()
    // A repetition may be refused because the first is still under way.
    if (isRepeat) return
    if (status === "409" && load.untilSoldOut) isSoldOut = true
    tally.answered(status, now - at, now)
  }

  /** Whether its order was placed is not known: no other buyer has its name. */
  lost(): void {
    if (this.#sent !== null) {
      underWay--
      tally.broke()
    }
    idle.delete(this)
    this.#socket = null
    this.#sent = null
    this.#text = ""
    if (performance.now() < end) setTimeout(() => this.open(), RECONNECT_MS)
  }

  /** When the order was due that has no answer yet. */
  get unanswered(): ReadonlyArray<number> {
    return this.#sent === null || this.#sent.isRepeat ? [] : [this.#sent.at]
  }
}

const connections = Array.from({ length: load.connections }, (_, index) => new Connection(ports[index % ports.length]!))

const isOver = (now: number): boolean => now >= end || ((isSoldOut || buyers >= load.limit) && underWay === 0)

/** Wakes the connections that are free; with a rate, for the orders that have become due. */
const tick = () => {
  const now = performance.now()
  if (load.rate !== null)
    for (const until = ((Math.min(now, end) - begun) * load.rate) / 1_000; offered < until; offered++)
      due.push(begun + (offered * 1_000) / load.rate)
  for (const each of idle) {
    each.go()
    if (idle.has(each)) break
  }
  if (!isOver(now)) return void setTimeout(tick, 1)
  if (underWay > 0 && now < end + DRAIN_MS) return void setTimeout(tick, 5)
  report(now)
}

const report = (now: number) => {
  const unanswered = [...due, ...connections.flatMap((each) => each.unanswered)]
  const measured = tally.measured(
    (Math.min(now, end) - begun) / 1_000,
    unanswered.map((at) => now - at),
  )
  process.stdout.write(JSON.stringify(measured), () => process.exit(0))
}

tick()
