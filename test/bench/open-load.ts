/**
 * An open-model generator: so many requests a second, whatever becomes of them, each timed from the instant at which it was to be sent.
 * A closed loop waits for the slow and so never shows what they cost the others (coordinated omission).
 *
 *     node open-load.ts URL BODIES_FILE CONNECTIONS RATE:SECONDS[,RATE:SECONDS...] [one|many]
 *
 * From one address, or many, as a proxy would name them. Prints a line of JSON: one object a phase. Raw sockets, because it shares the
 * machine with what it measures.
 * Limits: who finds all connections taken is lost (`broken`), as beyond any limit of connections; 503 and 429 are counted apart.
 */
import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { connect, type Socket } from "node:net"

/** An answer within it is good (ms). */
const GOOD_MS = 500
/** How long after the last phase answers are waited for (ms). */
const PATIENCE_MS = 5_000

export interface Phase {
  readonly rate: number
  readonly seconds: number
  readonly sent: number
  /** 2xx and 409 within half a second. */
  readonly good: number
  readonly answered: number
  readonly shed: number
  /** Other statuses, lost connections, and those who found none. */
  readonly broken: number
  readonly silent: number
  /** Of 2xx and 409, ms from the intended time. */
  readonly p99: number
  /** When the last bad answer of this phase was to be sent, seconds after it began; 0: none was. */
  readonly badUntil: number
}

interface Asked {
  readonly phase: number
  /** When it was to be sent (ms). */
  readonly at: number
}

const [url = "", file = "", connections = "", plan = "", from = ""] = process.argv.slice(2)
const { host, hostname, port } = new URL(url)
const bodies = readFileSync(file, "utf8").split("\n")
const phases = plan.split(",").map((phase) => phase.split(":").map(Number) as [rate: number, seconds: number])
const none = { sent: 0, good: 0, answered: 0, shed: 0, broken: 0, open: 0, bad: 0 }
const tallies = phases.map(() => ({ ...none, times: [] as Array<number> }))
const begins = phases.map((_, index) => phases.slice(0, index).reduce((sum, [, seconds]) => sum + seconds * 1_000, 0))

const texts = bodies.map(
  (body) => `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
)
const HEAD = `POST /v1/orders HTTP/1.1\r\nhost: ${host}\r\nidempotency-key: ${randomUUID()}-`
let count = 0
const address = (n: number): string => (from === "one" ? "192.0.2.1" : `10.${(n >> 8) & 255}.${n & 255}.1`)
const forwarded = (): string => (from === "" ? "" : `x-forwarded-for: ${address(count)}\r\n`)
const textOf = (): string => `${HEAD}${count}\r\n${forwarded()}${texts[count++ % texts.length]!}`

const free: Array<Line> = []

const settle = ({ at, phase }: Asked, status: number): void => {
  const tally = tallies[phase]!
  const took = performance.now() - at
  tally.open--
  const isAnswer = (status >= 200 && status < 300) || status === 409
  if (isAnswer) {
    tally.answered++
    tally.times.push(took)
    if (took <= GOOD_MS) tally.good++
  } else if (status === 503 || status === 429) tally.shed++
  else tally.broken++
  if (!isAnswer || took > GOOD_MS) tally.bad = Math.max(tally.bad, at - started - begins[phase]!)
}

class Line {
  #socket: Socket | null = null
  #asked: Asked | null = null
  #heard = ""

  ask(asked: Asked): void {
    this.#asked = asked
    this.#socket ??= this.#open()
    this.#socket.write(textOf(), "latin1")
  }

  #open(): Socket {
    const socket = connect(Number(port), hostname).setNoDelay(true).setEncoding("latin1")
    socket.on("error", () => undefined)
    socket.on("close", () => {
      if (this.#socket === socket) this.#done(0, true)
    })
    socket.on("data", (part) => {
      this.#heard += part
      const end = this.#heard.indexOf("\r\n\r\n")
      if (end === -1) return
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#heard)?.[1] ?? 0)
      if (this.#heard.length < end + 4 + length) return
      this.#done(Number(this.#heard.slice(9, 12)), this.#heard.includes("\r\nConnection: close"))
    })
    return socket
  }

  #done(status: number, closes: boolean): void {
    const asked = this.#asked
    this.#asked = null
    this.#heard = ""
    if (closes) this.#socket = null
    if (asked === null) return
    settle(asked, status)
    free.push(this)
  }
}

for (let line = 0; line < Number(connections); line++) free.push(new Line())

const started = performance.now() + 100
const tick = setInterval(() => {
  const now = performance.now()
  for (const [index, [rate, seconds]] of phases.entries()) {
    const tally = tallies[index]!
    const due = Math.min(rate * seconds, Math.floor(((now - started - begins[index]!) * rate) / 1_000))
    for (; tally.sent < due; tally.sent++) {
      tally.open++
      const asked = { phase: index, at: started + begins[index]! + (tally.sent * 1_000) / rate }
      const line = free.pop()
      // As many as there may be wait already: this buyer does not get through at all.
      if (line === undefined) settle(asked, 0)
      else line.ask(asked)
    }
  }
}, 1)

const whole = begins.at(-1)! + phases.at(-1)![1] * 1_000
const end = setInterval(() => {
  const over = performance.now() - started - whole
  if (over < 0 || (over < PATIENCE_MS && tallies.some(({ open }) => open > 0))) return
  clearInterval(tick)
  clearInterval(end)
  const found = tallies.map(({ bad, open, times, ...tally }, index): Phase => {
    const [rate, seconds] = phases[index]!
    const sorted = Float64Array.from(times).sort()
    const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
    return { rate, seconds, ...tally, silent: open, p99, badUntil: open > 0 ? seconds : bad / 1_000 }
  })
  console.log(JSON.stringify(found))
  process.exit(0)
}, 50)
