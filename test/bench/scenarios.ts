/** What is measured: each scenario says what the shop has, what the buyers send, and how many of them there are. */

import { existsSync, readFileSync } from "node:fs"
import { mulberry32 } from "../../src/std/mulberry32.ts"
import type { Contents } from "./scratch.ts"

export interface Scenario {
  readonly name: string
  readonly connections: number
  /** Inventory workers; null: as many as the service chooses. */
  readonly workers: number | null
  readonly contents: Contents
  /** `async`: paid in the background. */
  readonly answer: "wait" | "async"
  /** True: everybody is refused. */
  readonly soldOut: boolean
  /** Requests, from the ids of the products there are. */
  readonly bodies: (products: ReadonlyArray<string>) => ReadonlyArray<string>
}

/** So many units that nothing runs out, however fast it is sold. */
const PLENTY = 1_000_000_000

/** Requests before they come round again: more than are ever in one commit, and all of a small catalogue. */
const BODIES = 20_000

type Payment = "later" | undefined

/** 0 .. 1: the same requests in every run. */
const dice = (seed: number) => {
  const next = mulberry32(seed)
  return (): number => next() / 2 ** 32
}

const body = (index: number, productIds: ReadonlyArray<string>, payment: Payment): string =>
  JSON.stringify({
    customerId: `customer-${index}`,
    lines: productIds.map((productId) => ({ productId, quantity: 1 })),
    ...(payment === undefined ? {} : { payment }),
  })

/** One unit of a product chosen evenly. */
export const singles =
  (payment: Payment, requests = BODIES): Scenario["bodies"] =>
  (products) => {
    const roll = dice(1)
    return Array.from({ length: requests }, (_, index) =>
      body(index, [products[Math.floor(roll() * products.length)]!], payment),
    )
  }

/** The real baskets, when they are there: see test/README.md. */
const BASKETS_FILE = process.env["JAEGO_BASKETS"] ?? ""
export const hasRealBaskets = existsSync(BASKETS_FILE)

/** Products in the groceries file, and how many baskets of ten have how many of them: 9,835 baskets, 4.4 on average. */
const GROCERIES = 169
const SIZES = [
  2_159, 1_643, 1_299, 1_005, 855, 645, 545, 438, 350, 246, 182, 117, 78, 77, 55, 46, 29, 14, 14, 9, 11, 4, 6, 1,
]

/** Baskets as product numbers: the real ones, or as many of the same sizes, in which low numbers sell best. */
const baskets = (): ReadonlyArray<ReadonlyArray<number>> => {
  if (hasRealBaskets) {
    const numbers = new Map<string, number>()
    const numberOf = (name: string) => numbers.get(name) ?? numbers.set(name, numbers.size).size - 1
    return readFileSync(BASKETS_FILE, "utf8")
      .trim()
      .split("\n")
      .map((line) => [...new Set(line.split(",").map((name) => numberOf(name.trim())))])
  }
  const roll = dice(2)
  const sizes = SIZES.flatMap((count, index) => Array.from({ length: count }, () => index + 1))
  for (let at = sizes.length - 1; at > 0; at--) {
    const other = Math.floor(roll() * (at + 1))
    ;[sizes[at], sizes[other]] = [sizes[other]!, sizes[at]!]
  }
  return sizes.map((size) => {
    const basket = new Set<number>()
    while (basket.size < size) basket.add(Math.floor(GROCERIES * roll() ** 3))
    return [...basket]
  })
}

const groceries: Scenario["bodies"] = (products) =>
  baskets().map((basket, index) =>
    body(
      index,
      basket.map((number) => products[number % products.length]!),
      "later",
    ),
  )

const base = { workers: null, answer: "wait", soldOut: false } as const
const one: Contents = { products: 1, orders: 0, onHand: PLENTY }
const many: Contents = { products: 10_000, orders: 0, onHand: PLENTY }
const none: Contents = { products: 1, orders: 0, onHand: 0 }
const shelf: Contents = { products: GROCERIES, orders: 0, onHand: PLENTY }

const both = (of: (connections: number) => Scenario): ReadonlyArray<Scenario> => [of(64), of(256)]

export const scenarios: ReadonlyArray<Scenario> = [
  ...both((connections) => ({ ...base, name: "hot", connections, contents: one, bodies: singles("later") })),
  ...both((connections) => ({ ...base, name: "many", connections, contents: many, bodies: singles("later") })),
  ...both((connections) => ({
    ...base,
    name: "hot-paid",
    connections,
    contents: one,
    answer: "async",
    bodies: singles(undefined),
  })),
  ...both((connections) => ({
    ...base,
    name: "sold-out",
    connections,
    contents: none,
    soldOut: true,
    bodies: singles("later"),
  })),
  ...[1, 3].map((workers) => ({
    ...base,
    name: `baskets-${workers}w`,
    connections: 64,
    workers,
    contents: shelf,
    bodies: groceries,
  })),
]

export const WORDS: Readonly<Record<string, string>> = {
  hot: "one product, payment later",
  many: "10,000 products, payment later",
  "hot-paid": "one product, paid in the background",
  "sold-out": "one product, nothing left",
  "baskets-1w": `${hasRealBaskets ? "real" : "made-up"} grocery baskets, 1 worker`,
  "baskets-3w": `${hasRealBaskets ? "real" : "made-up"} grocery baskets, 3 workers`,
}
