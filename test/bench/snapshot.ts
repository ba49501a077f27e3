/**
 * `npm run bench -- --snapshot [--commits N]`: what is left of the rate while a transaction keeps a snapshot open, so that PostgreSQL
 * removes no dead version of a row. Two services on two databases take turns, slice by slice, until the one behind the snapshot has
 * made so many commits; orders are paid and shipped, so that every table that is hot is written.
 *
 * Reported: the rate of the last slices beside that of the other service in the same slices, and how long the statements took that look
 * for shipments (`pg_stat_statements`, from a reset at the end).
 */
import { PgConnection } from "@effect/sql-pg"
import { Effect, Exit, Redacted, Scope } from "effect"
import { median } from "../../src/std/median.ts"
import { type Service, start } from "../support/service.ts"
import { HOLD_SECONDS } from "./contenders.ts"
import * as Load from "./load.ts"
import { singles } from "./scenarios.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  readonly seconds: number
  /** Behind the snapshot, before the last slices are measured. */
  readonly commits: number
  /** Slices that count, at the end. */
  readonly rounds: number
  readonly log: (line: string) => void
}

/** Few, so that a commit carries few orders, and there are many commits. */
const CONNECTIONS = 16

/** Slices begin slow while everything is being compiled. */
const WARM_UP_SECONDS = 4

interface Side {
  readonly name: "without" | "behind a snapshot"
  readonly database: string
  readonly service: Service
  readonly load: Omit<Load.Load, "seconds">
}

interface Slice {
  readonly side: Side["name"]
  readonly rate: number
  /** All that its service had made by then. */
  readonly commits: number
}

interface Look {
  readonly side: Side["name"]
  readonly meanMs: number
  readonly maxMs: number
}

export interface Found {
  readonly slices: ReadonlyArray<Slice>
  readonly looks: ReadonlyArray<Look>
  readonly rounds: number
}

const begin = async (scratch: Scratch, template: string, name: Side["name"]): Promise<Side> => {
  const products = await scratch.products(template)
  const database = await scratch.copy(template)
  const service = await start({ DATABASE_URL: scratch.urlOf(database), HOLD_SECONDS })
  const load = { connections: CONNECTIONS, answer: "async", bodies: singles(undefined)(products) } as const
  return { name, database, service, load }
}

/** What this keeps alive is everything that was there when it began. */
const openSnapshot = async (url: string): Promise<() => Promise<void>> => {
  const scope = await Effect.runPromise(Scope.make())
  const connection = await Effect.runPromise(
    Scope.provide(PgConnection.make({ url: Redacted.make(url), startupParameters: {} }), scope),
  )
  for (const statement of ["begin isolation level repeatable read", "select count(*) from lanes"])
    await Effect.runPromise(connection.query(statement, [], false))
  return () => Effect.runPromise(Scope.close(scope, Exit.void))
}

const slice = async ({ load, name, service }: Side, seconds: number): Promise<Slice> => {
  const { answers, broken, refused, seconds: lasted } = await Load.put(service.url, { ...load, seconds })
  if (broken + refused > 0) throw new Error(`${name}: ${refused} refused and ${broken} broken of ${answers} answers`)
  return { side: name, rate: answers / lasted, commits: await service.metric("jaego_commit_duration_seconds_count") }
}

const LOOKS = `select mean_exec_time as mean, max_exec_time as max from pg_stat_statements s
  join pg_database d on d.oid = s.dbid
  where query like 'with firsts as materialized%from shipments%' and d.datname = `

const look = async (scratch: Scratch, { database, name }: Side): Promise<Look> => {
  const [row] = await scratch.query(`${LOOKS}'${database}'`)
  if (row === undefined) throw new Error("no statement has looked for shipments")
  return { side: name, meanMs: Number(row["mean"]), maxMs: Number(row["max"]) }
}

const measure = async (scratch: Scratch, sides: ReadonlyArray<Side>, options: Options): Promise<Found> => {
  const { commits, rounds, seconds, log } = options
  for (const side of sides) await slice(side, WARM_UP_SECONDS)
  const slices: Array<Slice> = []
  for (let last = 0, counted = 0; counted < rounds; ) {
    if (last >= commits && counted++ === 0) await scratch.query("select pg_stat_statements_reset()")
    // In changing order: what the machine does meanwhile falls on both.
    const order = slices.length % 4 === 0 ? sides : sides.toReversed()
    for (const side of order) slices.push(await slice(side, seconds))
    const [a, b] = sides.map(({ name }) => slices.findLast((each) => each.side === name)!)
    last = b!.commits
    log(`${b!.commits} commits: ${a!.rate.toFixed(0)}/s without, ${b!.rate.toFixed(0)}/s behind a snapshot`)
  }
  const looks = []
  for (const side of sides) looks.push(await look(scratch, side))
  return { slices, looks, rounds }
}

export const run = async (scratch: Scratch, options: Options): Promise<Found> => {
  const template = await scratch.template({ products: 1, orders: 0, onHand: 100_000_000 })
  const sides: Array<Side> = []
  try {
    for (const name of ["without", "behind a snapshot"] as const) sides.push(await begin(scratch, template, name))
    const close = await openSnapshot(scratch.urlOf(sides[1]!.database))
    return await measure(scratch, sides, options).finally(close)
  } finally {
    for (const { database, service } of sides) {
      await service.stop()
      await scratch.drop(database)
    }
  }
}

export const text = ({ looks, rounds, slices }: Found): string => {
  const of = (side: Side["name"]) => slices.filter((each) => each.side === side)
  const rate = (list: ReadonlyArray<Slice>) => median(list.map((each) => each.rate))
  const alone = rate(of("without").slice(-rounds))
  const rows = looks.map(({ maxMs, meanMs, side }) => {
    const all = of(side)
    const end = rate(all.slice(-rounds))
    return [
      side,
      String(all.at(-1)!.commits),
      rate(all.slice(0, rounds)).toFixed(0),
      end.toFixed(0),
      (end / alone).toFixed(2),
      meanMs.toFixed(1),
      maxMs.toFixed(1),
    ]
  })
  const head = [
    "",
    "commits",
    "orders/s at first",
    "at the end",
    "of without",
    "a look for shipments, mean ms",
    "max ms",
  ]
  return markdown(head, rows)
}
