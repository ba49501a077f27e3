/**
 * `npm run bench -- --facts`: what it costs to bring facts out. One hot product, as many buyers as in `hot`, and beside them
 * no relay, the stream in the process, and Kafka (one broker on the same machine, when there is Java).
 *
 * Law: afterwards every fact has left: cursors stand where the lanes stand. The lag is from a fact's commit, as its time
 * says, to the stream's confirmation, and is asked of the service's own metrics: the oldest fact of each publishing.
 */

import * as Processor from "../../src/adapters/system/processor.ts"
import { median } from "../../src/std/median.ts"
import * as Kafka from "../support/kafka-broker.ts"
import { type Service, start } from "../support/service.ts"
import { HOLD_SECONDS } from "./contenders.ts"
import * as Load from "./load.ts"
import type { Scenario } from "./scenarios.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly rounds: number
  readonly verify: boolean
  readonly log: (line: string) => void
}

type Stream = "none" | "in the process" | "Kafka"

interface Round {
  readonly stream: Stream
  /** Orders a second. */
  readonly rate: number
  readonly p99: number
  /** Microseconds of processor an order. */
  readonly serviceUs: number | null
  /** Facts that left while the load lasted, a second. */
  readonly relayed: number
  /** Of all publishings under load (ms): at most so long for half of them, and for all but one in a hundred. */
  readonly lagP50: number
  readonly lagP99: number
  /** Milliseconds from the end of the load until every fact had left. */
  readonly drain: number
}

const LOOK_MS = 10

/** A broker with much to do: its compiler may take its time. */
const JVM = "-Xms256m -Xmx512m"

/** Buckets of a histogram on the metrics page: how many were at most so many seconds. */
type Buckets = ReadonlyMap<number, number>

const bucketsOf = async (service: Service, name: string): Promise<Buckets> => {
  const { text } = await service.get("/metrics")
  const lines = text.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\d+)`, "gm"))
  return new Map(
    Array.from(lines, ([, le, count]) => [le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le), Number(count)]),
  )
}

/** The bound of the bucket it lies in (ms). */
const quantile = (before: Buckets, after: Buckets, share: number): number => {
  const counts = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const)
  const all = counts.at(-1)?.[1] ?? 0
  return (counts.find(([, count]) => count >= all * share)?.[0] ?? 0) * 1_000
}

const factsLeft = async (scratch: Scratch, database: string): Promise<number> => {
  const [row] = await scratch.query(
    "select sum(l.seq - c.seq)::float8 as facts from lanes l join relay_cursors c on c.lane = l.lane",
    database,
  )
  return Number(row!["facts"])
}

const drained = async (scratch: Scratch, database: string): Promise<number> => {
  const begun = performance.now()
  while ((await factsLeft(scratch, database)) > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  return performance.now() - begun
}

const environment = (stream: Stream, brokers: string | null): Readonly<Record<string, string>> => {
  if (stream === "none") return { FACTS: "off" }
  return stream === "Kafka" ? { KAFKA_BROKERS: brokers! } : {}
}

const take = async (
  scratch: Scratch,
  scenario: Scenario,
  stream: Stream,
  brokers: string | null,
  { seconds, verify, warmUpSeconds }: Options,
): Promise<Round> => {
  const template = await scratch.template(scenario.contents)
  const bodies = scenario.bodies(await scratch.products(template))
  const database = await scratch.copy(template)
  const service = await start({ DATABASE_URL: scratch.urlOf(database), HOLD_SECONDS, ...environment(stream, brokers) })
  const { answer, connections } = scenario
  const put = (time: number) => Load.put(service.url, { connections, answer, bodies, seconds: time })
  try {
    await put(warmUpSeconds)
    const lagBefore = await bucketsOf(service, "jaego_relay_lag_seconds")
    const before = await service.metric("jaego_facts_relayed_total")
    const processorBefore = Processor.secondsOf(service.process.pid)
    const load = await put(seconds)
    const processor = Processor.secondsOf(service.process.pid)
    const relayed = ((await service.metric("jaego_facts_relayed_total")) - before) / load.seconds
    const lag = await bucketsOf(service, "jaego_relay_lag_seconds")
    const drain = stream === "none" ? 0 : await drained(scratch, database)
    await service.stop()
    if (verify) await scratch.prove(database)
    return {
      stream,
      rate: load.answers / load.seconds,
      p99: load.p99,
      serviceUs: processor === null ? null : ((processor - processorBefore!) / load.answers) * 1e6,
      relayed,
      lagP50: quantile(lagBefore, lag, 0.5),
      lagP99: quantile(lagBefore, lag, 0.99),
      drain,
    }
  } finally {
    await service.kill()
    await scratch.drop(database)
  }
}

export const measure = async (
  scratch: Scratch,
  scenario: Scenario,
  options: Options,
): Promise<ReadonlyArray<Round>> => {
  const lacking = Kafka.missing()
  if (lacking !== null) options.log(`NOT MEASURED: Kafka, because there is no ${lacking}`)
  const broker = lacking === null ? await Kafka.create(undefined, JVM) : null
  await broker?.start()
  const streams: ReadonlyArray<Stream> =
    broker === null ? ["none", "in the process"] : ["none", "in the process", "Kafka"]
  const taken: Array<Round> = []
  try {
    // Not counted: a broker that has just begun is still being compiled, on the cores of everybody.
    if (broker !== null) await take(scratch, scenario, "Kafka", broker.brokers, options)
    for (let round = 1; round <= options.rounds; round++)
      for (const [index] of streams.entries()) {
        const stream = streams[(index + round) % streams.length]!
        const one = await take(scratch, scenario, stream, broker?.brokers ?? null, options)
        taken.push(one)
        options.log(`round ${round} ${stream}: ${one.rate.toFixed(0)} orders/s, ${one.relayed.toFixed(0)} facts/s`)
      }
  } finally {
    await broker?.close()
  }
  return taken
}

export const text = (rounds: ReadonlyArray<Round>): string => {
  const groups = Map.groupBy(rounds, ({ stream }) => stream)
  const over = (stream: Stream, of: (round: Round) => number) => median((groups.get(stream) ?? []).map(of))
  const alone = over("none", ({ rate }) => rate)
  const head = [
    "facts go to",
    "orders/s",
    "of none",
    "p99 ms",
    "service us",
    "facts/s",
    "facts an order",
    "lag p50/p99 ms",
    "drain ms",
  ]
  const body = [...groups.keys()].map((stream) => {
    const rate = over(stream, (round) => round.rate)
    const relayed = over(stream, (round) => round.relayed)
    const isPublished = stream !== "none"
    return [
      stream,
      rate.toFixed(0),
      (rate / alone).toFixed(2),
      over(stream, ({ p99 }) => p99).toFixed(1),
      over(stream, ({ serviceUs }) => serviceUs ?? 0).toFixed(0),
      isPublished ? relayed.toFixed(0) : "",
      isPublished ? (relayed / rate).toFixed(2) : "",
      isPublished
        ? `${over(stream, ({ lagP50 }) => lagP50).toFixed(0)}/${over(stream, ({ lagP99 }) => lagP99).toFixed(0)}`
        : "",
      isPublished ? over(stream, ({ drain }) => drain).toFixed(0) : "",
    ]
  })
  return markdown(head, body)
}
