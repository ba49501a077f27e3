/** A load on the service, put by a process of its own (`load-process.ts`). */
import { fileURLToPath } from "node:url"
import type { Children } from "./children.ts"

export interface Load {
  /** Of the service, or of several: connections are shared out among them. */
  readonly urls: ReadonlyArray<string>
  readonly connections: number
  readonly seconds: number
  /** Orders a second (open model); null: as many as are answered (closed model). */
  readonly rate: number | null
  /** Orders altogether. */
  readonly limit: number
  /** It ends with the first refusal. */
  readonly untilSoldOut?: boolean
  readonly products: ReadonlyArray<string>
  /** Products of an order, different ones. */
  readonly lines: number
  /** Names its customers and keys: one of its own each load. */
  readonly tag: string
  readonly seed: number
}

export interface Measured {
  readonly seconds: number
  /** Answered as placed, also when it came after the load's end. */
  readonly placed: number
  /** Placed in time, a second. */
  readonly perSecond: number
  /** Answers by HTTP status. */
  readonly statuses: Readonly<Record<string, number>>
  /** Connections lost with an order under way. */
  readonly broken: number
  readonly unanswered: number
  /** The longest time in which no order was placed, ms. */
  readonly silenceMs: number
  /** Latencies, ms; open model: from the time at which the order was due. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

/** More orders than any load has time for. */
export const UNLIMITED = 1e9

const PROGRAM = fileURLToPath(new URL("./load-process.ts", import.meta.url))

/** Throws what it says when it ends badly. */
export const put = async (children: Children, load: Load): Promise<Measured> => {
  const child = children.start(process.execPath, [PROGRAM], {}, JSON.stringify(load))
  const { code } = await child.ended
  if (code !== 0) throw new Error(`the load generator ended with ${code}:\n${child.stderr}`)
  return JSON.parse(child.stdout) as Measured
}
