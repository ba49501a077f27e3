/**
 * Kafka is killed, or frozen, while people buy, stays away, and comes back, again and again. Afterwards both topics are read from the
 * beginning, as any reader would, and held against the tables.
 *
 * Law: orders go on; what waited is with Kafka within `DRAIN_MS` of its return; every version of every key is there, and
 * the first occurrences are in order.
 */
import { inspect } from "node:util"
import { Kafka } from "kafkajs"
import { ORDERS, STOCK } from "../../src/ports/events.ts"
import * as KafkaBroker from "../support/kafka-broker.ts"
import { start, until } from "../support/service.ts"
import { type Findings, type Options, Tally } from "./campaign.ts"
import { judge } from "./judge.ts"
import { countAnswers } from "./pair.ts"
import { Shoppers, stockShelves } from "./shoppers.ts"
import { Entrance } from "./stage.ts"

/** What the proof does. */
const OUTAGE_MS = 60_000

/** From the first answer of a broker that is back to the last fact that had waited (ms). */
const DRAIN_MS = 150_000

/** Accepted attempts before each outage, and in it. */
const BUSY = 100

interface Published {
  /** Version of each first occurrence, as it came. */
  readonly firsts: Array<number>
  readonly ids: Map<number, string>
  repeats: number
}

/** Everything that both topics hold now. */
const readAll = async (brokers: string): Promise<ReadonlyMap<string, Published>> => {
  const kafka = new Kafka({ brokers: [brokers], logCreator: () => () => {} })
  const admin = kafka.admin()
  await admin.connect()
  const left = new Map<string, number>()
  for (const topic of [ORDERS, STOCK])
    for (const { high, partition } of await admin.fetchTopicOffsets(topic))
      if (Number(high) > 0) left.set(`${topic}/${partition}`, Number(high))
  await admin.disconnect()
  const published = new Map<string, Published>()
  const { promise, resolve } = Promise.withResolvers<void>()
  const consumer = kafka.consumer({ groupId: `judge-${crypto.randomUUID()}` })
  await consumer.connect()
  await consumer.subscribe({ topics: [ORDERS, STOCK], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const { key, value } of batch.messages) write(published, String(key), JSON.parse(String(value)))
      const source = `${batch.topic}/${batch.partition}`
      if (Number(batch.lastOffset()) + 1 >= (left.get(source) ?? 0)) left.delete(source)
      if (left.size === 0) resolve()
    },
  })
  await promise
  await consumer.disconnect()
  return published
}

const write = (
  published: Map<string, Published>,
  key: string,
  { data, id }: { readonly id: string; readonly data: { readonly version: number } },
): void => {
  let story = published.get(key)
  if (story === undefined) {
    story = { firsts: [], ids: new Map(), repeats: 0 }
    published.set(key, story)
  }
  const known = story.ids.get(data.version)
  if (known === undefined) {
    story.firsts.push(data.version)
    story.ids.set(data.version, id)
  } else if (known === id) story.repeats++
  else throw new Error(`version ${data.version} of ${key} was published as ${known} and as ${id}`)
}

/** What was published against what is so: `versions` are those of the tables. */
export const compare = (
  published: ReadonlyMap<string, Pick<Published, "firsts">>,
  versions: ReadonlyMap<string, number>,
): ReadonlyArray<string> => {
  const violations: Array<string> = []
  for (const [key, version] of versions) {
    const { firsts } = published.get(key) ?? { firsts: [] }
    const wrong = firsts.findIndex((each, index) => each !== index + 1)
    if (wrong >= 0)
      violations.push(`${key}: version ${firsts[wrong]} was published where ${wrong + 1} should have been`)
    if (firsts.length !== version)
      violations.push(`${key} is at version ${version}, and ${firsts.length} were published`)
  }
  for (const key of published.keys()) if (!versions.has(key)) violations.push(`${key} was published, and is not there`)
  return violations
}

class Lanes {
  readonly #entrance: Entrance
  constructor(entrance: Entrance) {
    this.#entrance = entrance
  }
  async seqs(table: "lanes" | "relay_cursors"): Promise<ReadonlyMap<number, number>> {
    const rows = await this.#entrance.query<{ lane: number; seq: string }>(`select lane, seq from ${table}`)
    return new Map(rows.map(({ lane, seq }) => [lane, Number(seq)]))
  }
  async behind(): Promise<number> {
    const [written, left] = [await this.seqs("lanes"), await this.seqs("relay_cursors")]
    return [...written].reduce((sum, [lane, seq]) => sum + seq - (left.get(lane) ?? 0), 0)
  }
  /** Everything that is committed now has left. */
  async drained(withinMs: number): Promise<number> {
    const [since, written] = [performance.now(), await this.seqs("lanes")]
    await until(
      "what had waited has left",
      async () => {
        const left = await this.seqs("relay_cursors")
        return [...written].every(([lane, seq]) => (left.get(lane) ?? 0) >= seq)
      },
      withinMs,
    )
    return performance.now() - since
  }
  async versions(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#entrance.query<{ key: string; version: string }>(
      "select product_id::text as key, version from stock union all select id::text, version from orders",
    )
    return new Map(rows.map(({ key, version }) => [key, Number(version)]))
  }
}

const nothing = { faults: {}, outcomes: {}, checks: 0, violations: [] }

export const run = (options: Options): Promise<Findings> => outages(options, OUTAGE_MS)

export const outages = async (options: Options, outageMs: number): Promise<Findings> => {
  const { freshDatabase, log, seed, times, workers } = options
  const campaign = { campaign: "kafka-outage", workers, seed }
  const missing = KafkaBroker.missing()
  if (missing !== null) return { ...campaign, ...nothing, notTested: [`Kafka: there is no ${missing}`] }

  const database = await freshDatabase()
  const entrance = new Entrance(database)
  const lanes = new Lanes(entrance)
  const broker = await KafkaBroker.create()
  await broker.start()
  const env = { DATABASE_URL: database, WORKERS: String(workers), KAFKA_BROKERS: broker.brokers }
  const service = await start(env)
  const products = await stockShelves(service.url, 8, 1_000_000)
  const shoppers = new Shoppers({ url: () => service.url, products, seed, size: 8 })
  const faults = new Tally()
  const violations: Array<string> = []
  const figures = { "most facts that waited": 0, "longest drain, ms": 0, "published again": 0 }
  const business = (what: string) => {
    const before = shoppers.accepted
    return until(what, () => shoppers.accepted >= before + BUSY)
  }
  shoppers.open()
  try {
    for (let round = 0; round < times; round++) {
      await business("people buy")
      const isKilled = round % 2 === 0
      if (isKilled) await broker.kill()
      else broker.freeze()
      faults.add(isKilled ? "Kafka killed under load" : "Kafka frozen under load")
      const since = performance.now()
      await business("people buy while Kafka is away")
      await until("the outage is over", () => performance.now() - since >= outageMs, outageMs + 10_000)
      if (isKilled) await broker.start()
      else broker.thaw()
      figures["most facts that waited"] = Math.max(figures["most facts that waited"], await lanes.behind())
      const took = await lanes.drained(DRAIN_MS)
      figures["longest drain, ms"] = Math.max(figures["longest drain, ms"], Math.round(took))
      log(`kafka-outage, ${round + 1} of ${times}: drained ${Math.round(took)} ms after it was back`)
    }
  } catch (error) {
    violations.push(`it broke off: ${inspect(error)}\nthe service said:\n${service.process.stderr.slice(-2_000)}`)
  }
  await shoppers.close()
  await shoppers.settle()
  await lanes.drained(DRAIN_MS)
  const judgement = await judge(service.url, database, shoppers)
  await lanes.drained(DRAIN_MS)
  await service.stop()
  const [published, versions] = [await readAll(broker.brokers), await lanes.versions()]
  for (const { repeats } of published.values()) figures["published again"] += repeats
  const outcomes = new Tally()
  countAnswers(outcomes, shoppers.wishes)
  await broker.close()
  await entrance.leave()
  return {
    ...campaign,
    faults: faults.counts,
    outcomes: outcomes.counts,
    checks: judgement.checks + versions.size,
    violations: [...violations, ...judgement.violations, ...compare(published, versions)],
    notTested: [],
    figures,
  }
}
