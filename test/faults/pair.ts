/**
 * Two processes on one database: one owns the lanes, the other stands by. What the campaigns about ownership ask of them.
 *
 * How often lanes changed hands is the database's own word: each take raises every lane's epoch by one, and nothing else
 * does while commits are answered and workers live.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import type { Service } from "../support/service.ts"
import type { Tally } from "./campaign.ts"
import { kindOf, type Wish } from "./shoppers.ts"

const query = <Row extends object>(databaseUrl: string, sql: string): Promise<ReadonlyArray<Row>> =>
  Effect.runPromise(
    Effect.flatMap(PgClient.PgClient, (client) => client.unsafe<Row>(sql)).pipe(
      Effect.provide(PostgresClient.layer(databaseUrl)),
    ),
  )

/** How often the lanes were taken so far; fails when they were not all taken together. */
export const takes = async (databaseUrl: string): Promise<number> => {
  const rows = await query<{ readonly least: number; readonly most: number }>(
    databaseUrl,
    "select min(epoch)::int as least, max(epoch)::int as most from lanes",
  )
  const { least, most } = rows[0]!
  if (least !== most) throw new Error(`lanes were taken ${least} to ${most} times`)
  return most
}

/** Ends the session that holds the lease; true once it is gone. */
export const endLease = async (databaseUrl: string): Promise<boolean> => {
  const rows = await query<{ readonly ended: boolean }>(
    databaseUrl,
    `select pg_terminate_backend(l.pid, 5000) as ended from pg_locks l join pg_database d on d.oid = l.database
      where l.locktype = 'advisory' and l.granted and d.datname = current_database()`,
  )
  return rows.length === 1 && rows[0]!.ended
}

/** The sessions of services and of their threads, by process id. */
export const sessions = async (databaseUrl: string): Promise<Set<number>> => {
  const rows = await query<{ readonly pid: number }>(
    databaseUrl,
    `select pid from pg_stat_activity
      where datname = current_database() and application_name = 'jaego' and pid <> pg_backend_pid()`,
  )
  return new Set(rows.map(({ pid }) => pid))
}

const LOOK_PATIENCE_MS = 2_000

/** `ready`, or why not: `standby`, `starting`, ...; `silent` for one that does not answer. */
export const stateOf = async (url: string): Promise<string> => {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(LOOK_PATIENCE_MS) })
    if (response.status === 200) return "ready"
    return ((await response.json()) as { readonly code: string }).code
  } catch {
    return "silent"
  }
}

/** Every answer to every attempt, by kind. */
export const countAnswers = (outcomes: Tally, wishes: ReadonlyArray<Wish>): void => {
  for (const wish of wishes) for (const answer of wish.answers) outcomes.add(kindOf(answer))
}

/** The last lines a service has printed. */
export const wordsOf = ({ process: { end, stderr, stdout } }: Service): string =>
  `${(stdout + stderr).split("\n").slice(-20).join("\n")}(${end === null ? "running" : JSON.stringify(end)})`
