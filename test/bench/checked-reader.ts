/**
 * Readers of products that are edited meanwhile, in a process of their own: what each reading shows is compared with what was answered
 * to the editor before. Both processes of a shop are read; the first is the one that edits.
 *
 *     node test/bench/checked-reader.ts <readings> <readers> <url> <other url> <product> [<product>...]
 *
 * Says `part 1`, `part 2` when a third and two thirds of the readings are done; a phase begins on SIGUSR2, and there are three. At the
 * end a line of JSON: a `Phase` each.
 */
import { connect, type Socket } from "node:net"

export interface Phase {
  readonly readings: number
  readonly edits: number
  /** Older than it may be, or not what the version is. */
  readonly wrong: number
  /** The first of them, in words. */
  readonly examples: ReadonlyArray<string>
  /** The oldest that the process that does not edit has shown: how long before the reading it had been replaced, ms. */
  readonly staleMs: number
  /** Answers that were no 200. */
  readonly refused: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly longest: number
}

/**
 * What another process shows may be so old, ms: what it was not notified of because Redis did not answer it keeps for ten seconds
 * (`adapters/redis/two-level-cache.ts`), and what it reads takes a moment on a busy machine.
 */
const ELSEWHERE_MS = 12_000

/** Between two edits, ms. */
const EDIT_MS = 50

const EXAMPLES_MAX = 20

const [count = "0", readers = "0", first = "", other = "", ...products] = process.argv.slice(2)
const paths = products.map((id) => `/v1/products/${id}`)
const PHASES = 3

/** One connection, one request at a time. */
class Line {
  readonly #socket: Socket
  readonly #host: string
  #heard = ""
  #answered: ((answer: string) => void) | null = null

  constructor(url: string) {
    const { host, hostname, port } = new URL(url)
    this.#host = host
    this.#socket = connect(Number(port), hostname).setNoDelay(true).setEncoding("utf8")
    this.#socket.on("data", (part) => {
      this.#heard += part
      const end = this.#heard.indexOf("\r\n\r\n")
      if (end === -1) return
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#heard)?.[1] ?? 0)
      if (Buffer.byteLength(this.#heard) < end + 4 + length) return
      const answer = this.#heard
      this.#heard = ""
      this.#answered!(answer)
    })
    this.#socket.on("close", () => this.#answered?.("HTTP/1.1 000 closed"))
    this.#socket.on("error", () => undefined)
  }

  ask(head: string, body = ""): Promise<string> {
    return new Promise((resolve) => {
      this.#answered = resolve
      this.#socket.write(`${head} HTTP/1.1\r\nhost: ${this.#host}\r\n${body === "" ? "\r\n" : body}`)
    })
  }
}

interface Acknowledged {
  readonly version: number
  readonly at: number
}

/** Of each product what the editor was answered, the newest last; and what has been sent. */
const edits: ReadonlyArray<Array<Acknowledged>> = paths.map(() => [{ version: 1, at: Number.NEGATIVE_INFINITY }])
const sent = paths.map(() => 1)

/** The newest version that was answered before `at`. */
const known = (product: number, at: number): number => edits[product]!.findLast((each) => each.at <= at)!.version

interface Tally {
  readings: number
  edits: number
  refused: number
  wrong: number
  staleMs: number
  readonly examples: Array<string>
  readonly times: Array<number>
}
const tallies = Array.from(
  { length: PHASES },
  (): Tally => ({ readings: 0, edits: 0, refused: 0, wrong: 0, staleMs: 0, examples: [], times: [] }),
)
let phase = 0
process.on("SIGUSR2", () => {
  phase = Math.min(phase + 1, PHASES - 1)
})

/** How long before `begun` a version had been replaced, ms; 0: it had not been. */
const staleFor = (product: number, version: number, begun: number): number =>
  Math.max(0, begun - (edits[product]!.find((each) => each.version > version)?.at ?? begun))

const statusOf = (answer: string): string => answer.slice(9, 12)
const nameOf = (version: number): string => (version === 1 ? "" : `Edit ${version}`)

interface Shown {
  readonly name: string
  readonly version: number
}

/** Null: it is right. */
const wrongIn = (
  answer: string,
  { name, version }: Shown,
  product: number,
  least: number,
  where: string,
): string | null => {
  if (version < least) return `${where}, ${paths[product]}: version ${version} after ${least}`
  if (version > sent[product]!) return `${paths[product]}: version ${version} before it was made`
  if (version > 1 && name !== nameOf(version)) return `${paths[product]}: version ${version} is called ${name}`
  return answer.includes(`"${version}"`) ? null : `${paths[product]}: version ${version} has another ETag`
}

const done = (): number => tallies.reduce((sum, { readings }) => sum + readings, 0)
let [asked, reported] = [0, 0]

const read = async (line: Line, elsewhereMs: number): Promise<void> => {
  while (asked < Number(count)) {
    asked++
    const product = Math.floor(Math.random() * paths.length)
    const begun = performance.now()
    const least = known(product, begun - elsewhereMs)
    const answer = await line.ask(`GET ${paths[product]}`)
    const tally = tallies[phase]!
    tally.readings++
    tally.times.push(performance.now() - begun)
    if (statusOf(answer) === "200") {
      const shown = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as Shown
      const wrong = wrongIn(answer, shown, product, least, elsewhereMs === 0 ? "where it is edited" : "elsewhere")
      tally.staleMs = Math.max(tally.staleMs, staleFor(product, shown.version, begun))
      if (wrong !== null && ++tally.wrong <= EXAMPLES_MAX) tally.examples.push(wrong)
    } else tally.refused++
    if (reported < PHASES - 1 && done() >= ((reported + 1) * Number(count)) / PHASES) console.log(`part ${++reported}`)
  }
}

let isOver = false
const edit = async (line: Line): Promise<void> => {
  for (let turn = 0; !isOver; turn++) {
    const product = turn % paths.length
    const version = sent[product]! + 1
    sent[product] = version
    const body = JSON.stringify({ name: nameOf(version) })
    const head = `if-match: "${version - 1}"\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
    const answer = await line.ask(`PATCH ${paths[product]}`, head + body)
    if (statusOf(answer) !== "200") throw new Error(`an edit was answered with ${answer}`)
    const known = edits[product]!
    known.push({ version, at: performance.now() })
    if (known.length > 100) known.splice(0, 50)
    tallies[phase]!.edits++
    await new Promise((resolve) => setTimeout(resolve, EDIT_MS))
  }
}

const editing = edit(new Line(first))
await Promise.all(
  Array.from({ length: Number(readers) }, (_, index) =>
    index % 2 === 0 ? read(new Line(first), 0) : read(new Line(other), ELSEWHERE_MS),
  ),
)
isOver = true
await editing
const phases = tallies.map(({ times, ...counts }): Phase => {
  const sorted = Float64Array.from(times).sort()
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  return { ...counts, p50: at(0.5), p99: at(0.99), longest: at(1) }
})
console.log(JSON.stringify(phases))
process.exit(0)
