/**
 * What a page of the list of products costs: the first one, from the cache; one that lies too far behind to be cached, from the database;
 * and node:http alone that answers JSON of the same shape. Each has twenty rows. Rounds are interleaved.
 */
import * as Cursors from "../../src/adapters/http/cursors.ts"
import { median } from "../../src/std/median.ts"
import * as Contenders from "./contenders.ts"
import { type Measured, rateOf, read } from "./reading.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly rounds: number
  readonly log: (line: string) => void
}

const PRODUCTS = 1_000
/** Behind all pages that are cached. */
const FAR = 500
const PAGE = "/v1/products?limit=20"

const KINDS = ["cached", "uncached", "bare"] as const
type Kind = (typeof KINDS)[number]
export type Round = Readonly<Record<Kind, Measured>>

export const measure = async (
  scratch: Scratch,
  { rounds, seconds, log, warmUpSeconds }: Options,
): Promise<ReadonlyArray<Round>> => {
  const template = await scratch.template({ products: PRODUCTS, orders: 0, onHand: 1_000 })
  const ids = (await scratch.products(template)).toSorted().toReversed()
  const database = await scratch.copy(template)
  // Lists are what is refused first: what a busy machine can still answer is wanted here, not what it refuses.
  const env = { OVERLOAD_MODE: "observe" }
  const jaego = await Contenders.start("jaego", scratch.urlOf(database), null, "rate", undefined, env)
  const bare = await Contenders.start("bare", "", null)
  const far = `${PAGE}&cursor=${Cursors.write("products", ids[FAR]!)}`
  const asked = { cached: [jaego, PAGE], uncached: [jaego, far], bare: [bare, PAGE] } as const
  const take = (kind: Kind, of: number) => read(asked[kind][0], [asked[kind][1]], of)
  for (const kind of KINDS) await take(kind, warmUpSeconds)
  const taken: Array<Round> = []
  for (let round = 1; round <= rounds; round++) {
    const measured: Partial<Record<Kind, Measured>> = {}
    for (const kind of round % 2 === 0 ? KINDS.toReversed() : KINDS) measured[kind] = await take(kind, seconds)
    taken.push(measured as Round)
    log(`round ${round}: ${KINDS.map((kind) => `${kind} ${rateOf(measured[kind]!).toFixed(0)}/s`).join(", ")}`)
  }
  await bare.stop()
  await jaego.stop()
  await scratch.drop(database)
  return taken
}

const NAMES = { cached: "the first page, from the cache", uncached: "a far page, from the database", bare: "bare" }

export const text = (taken: ReadonlyArray<Round>): string => {
  const over = (kind: Kind, of: (measured: Measured) => number) => median(taken.map((round) => of(round[kind])))
  const rate = (kind: Kind) => over(kind, rateOf)
  return markdown(
    ["twenty products", "answers/s", "p99 ms", "us of processor an answer", "of bare"],
    KINDS.map((kind) => [
      NAMES[kind],
      Math.round(rate(kind)).toLocaleString("en-US"),
      over(kind, ({ p99 }) => p99).toFixed(1),
      over(kind, ({ us }) => us ?? Number.NaN).toFixed(1),
      kind === "bare" ? "" : (rate(kind) / rate("bare")).toFixed(2),
    ]),
  )
}
