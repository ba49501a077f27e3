/**
 * `npm run bench -- --reads`: what reading costs. A product, and a page of the list of products, from the cache beside node:http
 * alone (`list-rates.ts`); page 10,000 of the list of orders beside page 1; how often the database is asked when ten thousand read a product that is not fresh (`read-crowds.ts`); and what is
 * shown, and how soon, while Redis is killed (`read-faults.ts`).
 */

import { median } from "../../src/std/median.ts"
import * as Contenders from "./contenders.ts"
import * as ListRates from "./list-rates.ts"
import * as Lists from "./lists.ts"
import * as ReadCrowds from "./read-crowds.ts"
import * as ReadFaults from "./read-faults.ts"
import { type Measured, rateOf, read } from "./reading.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly rounds: number
  /** Which parts; none: all. */
  readonly only: ReadonlyArray<string>
  /** Readers of one product at once. */
  readonly readers: number
  /** While Redis is killed, in all. */
  readonly readings: number
  readonly log: (line: string) => void
}

/** Read in turn: all fit into the cache of the process. */
const PRODUCTS = 1_000
/** Of page 10,000, and some more. */
const ORDERS = 201_000

/** Of bare, at least. */
const RATIO_MIN = 0.45

interface Rate {
  readonly jaego: Measured
  readonly bare: Measured
}

const rates = async (scratch: Scratch, { rounds, seconds, log, warmUpSeconds }: Options) => {
  const template = await scratch.template({ products: PRODUCTS, orders: 0, onHand: 1_000 })
  const paths = (await scratch.products(template)).map((id) => `/v1/products/${id}`)
  const database = await scratch.copy(template)
  const [jaego, bare] = [
    await Contenders.start("jaego", scratch.urlOf(database), null),
    await Contenders.start("bare", "", null),
  ]
  const take = (contender: Contenders.Running) => read(contender, paths, seconds)
  for (const contender of [jaego, bare]) await read(contender, paths, warmUpSeconds)
  const taken: Array<Rate> = []
  for (let round = 1; round <= rounds; round++) {
    const first = round % 2 === 0 ? await take(bare) : null
    const own = await take(jaego)
    const one = { jaego: own, bare: first ?? (await take(bare)) }
    taken.push(one)
    log(`round ${round}: ${rateOf(one.jaego).toFixed(0)}/s of ${rateOf(one.bare).toFixed(0)}/s bare`)
  }
  await bare.stop()
  await jaego.stop()
  await scratch.drop(database)
  return taken
}

const pages = async (scratch: Scratch): Promise<Lists.Pages> => {
  const database = await scratch.template({ products: PRODUCTS, orders: ORDERS, onHand: 1_000_000 })
  const service = await Contenders.start("jaego", scratch.urlOf(database), null)
  const found = await Lists.pages(scratch.urlOf(database), service.url, ORDERS)
  await service.stop()
  return found
}

export const measure = async (scratch: Scratch, options: Options) => {
  const is = (part: string): boolean => options.only.length === 0 || options.only.includes(part)
  return {
    rates: is("rate") ? await rates(scratch, options) : null,
    lists: is("lists") ? await ListRates.measure(scratch, options) : null,
    pages: is("pages") ? await pages(scratch) : null,
    crowds: is("crowds") ? await ReadCrowds.measure(scratch, options) : null,
    phases: is("redis") ? await ReadFaults.measure(scratch, options) : null,
  }
}

const ratesText = (taken: ReadonlyArray<Rate>): string => {
  const over = (who: keyof Rate, of: (measured: Measured) => number) => median(taken.map((rate) => of(rate[who])))
  const row = (who: keyof Rate, of: string) => [
    who === "jaego" ? "a product from the cache" : "bare",
    Math.round(over(who, rateOf)).toLocaleString("en-US"),
    over(who, ({ p99 }) => p99).toFixed(1),
    over(who, ({ us }) => us ?? Number.NaN).toFixed(1),
    of,
  ]
  const ratio = over("jaego", rateOf) / over("bare", rateOf)
  const table = markdown(
    ["reading", "answers/s", "p99 ms", "us of processor an answer", "of bare"],
    [row("jaego", ratio.toFixed(2)), row("bare", "")],
  )
  return ratio >= RATIO_MIN ? table : `${table}\nBELOW ITS BOUND: ${RATIO_MIN} of bare`
}

export const text = ({ crowds, lists, pages, phases, rates }: Awaited<ReturnType<typeof measure>>): string =>
  [
    ...(rates === null ? [] : [ratesText(rates)]),
    ...(lists === null ? [] : [ListRates.text(lists)]),
    ...(pages === null ? [] : [Lists.pagesText(pages)]),
    ...(crowds === null ? [] : [ReadCrowds.text(crowds)]),
    ...(phases === null ? [] : [ReadFaults.text(phases)]),
  ].join("\n\n")
