/**
 * `npm run bench -- --import`: how many rows a second an import applies in an idle shop, of new products, beside what PostgreSQL alone
 * takes of the same rows, and of deliveries; and what an import beside a sale at full speed costs the sale: its rate without one and with
 * one, in slices that take turns, also in being the first. Each begins after a checkpoint and a warm-up, in which the import is handed in:
 * it meets a sale that runs already.
 */

import { median } from "../../src/std/median.ts"
import { type Service, start, until } from "../support/service.ts"
import * as BareInserts from "./bare-inserts.ts"
import { HOLD_SECONDS } from "./contenders.ts"
import * as Load from "./load.ts"
import type { Scenario } from "./scenarios.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  /** Of an import. */
  readonly rows: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly rounds: number
  readonly log: (line: string) => void
}

export interface Found {
  readonly rows: number
  /** Rows a second, by what they are. */
  readonly idle: {
    readonly created: ReadonlyArray<number>
    /** Created by PostgreSQL alone (`bare-inserts.ts`). */
    readonly bare: ReadonlyArray<number>
    readonly moved: ReadonlyArray<number>
  }
  /** Orders a second without an import and with one, and the rows a second of that one. */
  readonly beside: ReadonlyArray<readonly [without: number, withIt: number, rows: number]>
}

interface State {
  readonly state: string
  readonly rows: { readonly applied: number; readonly failed: number }
}

let imports = 0

const handIn = async (service: Service, lines: ReadonlyArray<string>): Promise<string> => {
  const response = await fetch(`${service.url}/v1/imports?mode=delta`, {
    method: "POST",
    headers: { "content-type": "text/csv", "idempotency-key": `bench ${imports++}` },
    body: lines.join("\n"),
  })
  if (response.status !== 202) throw new Error(await response.text())
  return ((await response.json()) as { readonly id: string }).id
}

const stateOf = async (service: Service, id: string): Promise<State> => (await service.get(`/v1/imports/${id}`)).body

const ended = (service: Service, id: string): Promise<State> =>
  until(
    "the import has ended",
    async () => {
      const one = await stateOf(service, id)
      return one.state === "finished" && one
    },
    600_000,
  )

/** Rows a second, from the acceptance to the end. */
const timed = async (service: Service, lines: ReadonlyArray<string>): Promise<number> => {
  const id = await handIn(service, lines)
  const began = performance.now()
  const { rows } = await ended(service, id)
  if (rows.failed > 0) throw new Error(`${rows.failed} rows failed`)
  return rows.applied / ((performance.now() - began) / 1_000)
}

const times = <A>(count: number, make: (index: number) => A): ReadonlyArray<A> =>
  Array.from({ length: count }, (_, index) => make(index))

const created = (rows: number, round: number) => [
  "sku,name,price,currency,stock",
  ...times(rows, (index) => `bench ${round} ${index},A mug of round ${round},1290,EUR,10`),
]

const moved = (rows: number, round: number) => ["sku,delta", ...times(rows, (index) => `bench ${round} ${index},1`)]

/** Orders a second, and rows a second of the import beside them; null: without one. */
const slice = async (
  scratch: Scratch,
  service: Service,
  load: Load.Load,
  warmUpSeconds: number,
  lines: ReadonlyArray<string> | null,
): Promise<readonly [orders: number, rows: number]> => {
  await scratch.flush()
  const warming = Load.put(service.url, { ...load, seconds: warmUpSeconds })
  const id = lines === null ? null : await handIn(service, lines)
  await warming
  const applied = async () => (id === null ? 0 : (await stateOf(service, id)).rows.applied)
  const before = await applied()
  const began = performance.now()
  const orders = await Load.rate(service.url, load)
  const rows = ((await applied()) - before) / ((performance.now() - began) / 1_000)
  if (id !== null) await ended(service, id)
  return [orders, rows]
}

export const measure = async (
  scratch: Scratch,
  { bodies, contents }: Scenario,
  { rounds, rows, seconds, log, warmUpSeconds }: Options,
): Promise<Found> => {
  const template = await scratch.template(contents)
  const products = await scratch.products(template)
  const database = await scratch.copy(template)
  const bare = await scratch.copy(template)
  const service = await start({ DATABASE_URL: scratch.urlOf(database), HOLD_SECONDS })
  try {
    const load = { connections: 256, bodies: bodies(products), answer: "async", seconds } as const
    const idle = { created: [] as Array<number>, bare: [] as Array<number>, moved: [] as Array<number> }
    for (let round = 0; round < rounds; round++) {
      idle.created.push(await timed(service, created(rows, round)))
      idle.bare.push(await BareInserts.rate(scratch, bare, rows, round))
      idle.moved.push(await timed(service, moved(rows, round)))
      log(
        `round ${round + 1}, idle: ${idle.created.at(-1)!.toFixed(0)} created (${idle.bare.at(-1)!.toFixed(0)} by PostgreSQL alone), ${idle.moved.at(-1)!.toFixed(0)} moved rows/s`,
      )
    }
    const beside: Array<readonly [number, number, number]> = []
    for (let round = 0; round < rounds; round++) {
      const sold = (lines: ReadonlyArray<string> | null) => slice(scratch, service, load, warmUpSeconds, lines)
      const isFirst = round % 2 === 0
      const early = isFirst ? await sold(null) : null
      const [withIt, moving] = await sold(moved(rows, round))
      const [without] = early ?? (await sold(null))
      beside.push([without, withIt, moving])
      log(
        `round ${round + 1}: ${without.toFixed(0)} orders/s without, ${withIt.toFixed(0)} beside an import of ${moving.toFixed(0)} rows/s`,
      )
    }
    return { rows, idle, beside }
  } finally {
    await service.stop()
    await scratch.drop(database)
    await scratch.drop(bare)
  }
}

export const text = ({ beside, idle, rows }: Found): string => {
  const middle = (of: 0 | 1 | 2) => median(beside.map((each) => each[of]))
  const loss = 1 - median(beside.map(([without, withIt]) => withIt / without))
  const cells = [rows, median(idle.created), median(idle.bare), median(idle.moved)].map((cell) => cell.toFixed(0))
  return markdown(
    [
      "rows",
      "created/s, idle",
      "by PostgreSQL alone",
      "moved/s, idle",
      "orders/s without",
      "beside an import",
      "its rows/s",
      "loss",
    ],
    [[...cells, middle(0).toFixed(0), middle(1).toFixed(0), middle(2).toFixed(0), `${(loss * 100).toFixed(1)} %`]],
  )
}
