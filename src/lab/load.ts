/** Loads on services, each put by a process (`load-process.ts`); a process that has done one is kept for the next. */
import { fileURLToPath } from "node:url"
import type { Child, Children } from "./children.ts"

export interface Load {
  /** Of the service, or of several: connections are shared out among them. */
  readonly urls: ReadonlyArray<string>
  readonly connections: number
  readonly seconds: number
  /** Of orders before them, which are placed and not measured. */
  readonly warmUpSeconds: number
  /** Orders a second (open model); null: as many as are answered (closed model). */
  readonly rate: number | null
  /** Orders altogether. */
  readonly limit: number
  /** It ends when a buyer is answered so. */
  readonly untilSoldOut?: boolean
  /** It ends when its service is gone. */
  readonly untilLost?: boolean
  /** For answers that are outstanding at its end it waits so long; DRAIN_SECONDS without it. */
  readonly drainSeconds?: number
  readonly products: ReadonlyArray<string>
  /** Products of an order, different ones. */
  readonly lines: number
  /** Names its customers and keys: one of its own each load. */
  readonly tag: string
  readonly seed: number
}

export interface Measured {
  readonly seconds: number
  /** Answered as placed, also before what is measured, and after it. */
  readonly placed: number
  /** Placed in time, a second. */
  readonly perSecond: number
  /** Answers by HTTP status. */
  readonly statuses: Readonly<Record<string, number>>
  /** Connections lost with an order under way. */
  readonly broken: number
  readonly unanswered: number
  /** A buyer was answered so. */
  readonly isSoldOut: boolean
  /** The longest time in which no order was placed, ms. */
  readonly silenceMs: number
  /** Latencies, ms; open model: from the time at which the order was due. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

/** A slow guard on a busy machine. */
export const DRAIN_SECONDS = 3

/** More orders than any load has time for. */
export const UNLIMITED = 1e9

const PROGRAM = fileURLToPath(new URL("./load-process.ts", import.meta.url))

/** Between two looks at what a process has said, ms. */
const LOOK_MS = 5

export class Generators {
  readonly #children: Children
  readonly #free: Array<Child> = []

  constructor(children: Children) {
    this.#children = children
  }

  /** Throws what the process says when it ends badly. */
  async put(load: Load): Promise<Measured> {
    const child = this.#free.pop() ?? this.#children.start(process.execPath, [PROGRAM], {})
    const heard = child.stdout.length
    child.say(`${JSON.stringify(load)}\n`)
    while (!child.stdout.endsWith("\n") || child.stdout.length === heard) {
      if (child.end !== null) throw new Error(`the load generator ended with ${child.end.code}:\n${child.stderr}`)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
    this.#free.push(child)
    return JSON.parse(child.stdout.slice(heard)) as Measured
  }
}
