/**
 * Five buyers, and the power goes out while the third is at the till: what the database knows, what the stream was told,
 * and which parcels were packed, for each way to tell. Real processes, killed with SIGKILL; a real PostgreSQL.
 *
 *     node test/guide/lost-events.ts
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"

const SHOP = fileURLToPath(new URL("./little-shop.ts", import.meta.url))

interface Story {
  readonly till: "publish after commit" | "publish before commit" | "outbox"
  readonly packer: "effect, then position" | "inbox"
  /** Each run of the shop: who comes, and where the power goes out. */
  readonly runs: ReadonlyArray<readonly [buyers: string, dies: string]>
}

export const STORIES: ReadonlyArray<Story> = [
  {
    till: "publish after commit",
    packer: "inbox",
    runs: [
      ["1,2,3", "till-3"],
      ["4,5", "nowhere"],
    ],
  },
  {
    till: "publish before commit",
    packer: "inbox",
    runs: [
      ["1,2,3", "till-3"],
      ["4,5", "nowhere"],
    ],
  },
  {
    till: "outbox",
    packer: "effect, then position",
    runs: [
      ["1,2,3", "relay-3"],
      ["4,5", "nowhere"],
    ],
  },
  {
    till: "outbox",
    packer: "effect, then position",
    runs: [
      ["1,2,3", "packer-3"],
      ["4,5", "nowhere"],
    ],
  },
  {
    till: "outbox",
    packer: "inbox",
    runs: [
      ["1,2,3", "till-3"],
      ["4", "relay-4"],
      ["5", "packer-5"],
      ["6", "nowhere"],
    ],
  },
]

export interface Outcome {
  readonly sold: ReadonlyArray<number>
  readonly told: ReadonlyArray<number>
  readonly parcels: ReadonlyArray<number>
}

const TABLES = [
  "create table sales (sale int primary key)",
  "create table outbox (sale int primary key)",
  "create table relay_cursor as select 0 as sale",
  "create table inbox (sale int primary key)",
  "create table packer_position as select 0 as next",
  "create table parcels (sale int)",
]

const on = <A>(url: string, use: (sql: PgClient.PgClient) => Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.flatMap(PgClient.PgClient, use).pipe(Effect.provide(PostgresClient.layer(url))))

/** Plays it on an empty database. */
export const play = async ({ packer, runs, till }: Story, database: string): Promise<Outcome> => {
  const folder = mkdtempSync(join(tmpdir(), "jaego-guide-"))
  const stream = join(folder, "stream")
  try {
    await on(database, (sql) => Effect.forEach(TABLES, (table) => sql.unsafe(table)))
    for (const [buyers, dies] of runs) {
      const shop = spawn(process.execPath, [SHOP, database, stream, till, packer, buyers, dies], { stdio: "inherit" })
      const [code, signal] = await once(shop, "exit")
      const expected = dies === "nowhere" ? code === 0 : signal === "SIGKILL"
      if (!expected) throw new Error(`the shop ended with ${code ?? signal}`)
    }
    const numbers = (table: string) =>
      on(database, (sql) => sql.unsafe<{ readonly sale: number }>(`select sale from ${table} order by 1`)).then(
        (rows) => rows.map(({ sale }) => sale),
      )
    return {
      sold: await numbers("sales"),
      told: readFileSync(stream, "utf8").trimEnd().split("\n").map(Number),
      parcels: await numbers("parcels"),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** In a few words. */
export const verdict = ({ parcels, sold }: Outcome): string => {
  const lost = sold.filter((sale) => !parcels.includes(sale))
  const invented = parcels.filter((sale) => !sold.includes(sale))
  const twice = parcels.filter((sale, index) => parcels.indexOf(sale) !== index)
  if (lost.length > 0) return `buyer ${lost} has paid and waits for ever`
  if (invented.length > 0) return `a parcel for buyer ${invented}, who has bought nothing`
  return twice.length > 0 ? `buyer ${twice} gets two parcels` : "each buyer gets what they bought, once"
}

if (import.meta.main) {
  const { bareDatabaseOn, startServer } = await import("../support/database-server.ts")
  const server = await startServer()
  for (const story of STORIES) {
    const outcome = await play(story, await bareDatabaseOn(server.url))
    const cuts = story.runs.map(([, dies]) => dies).filter((dies) => dies !== "nowhere")
    process.stdout.write(`${story.till} / ${story.packer}, power cut at ${cuts.join(", ")}
    sold ${outcome.sold}   told ${outcome.told}   parcels ${outcome.parcels}
    ${verdict(outcome)}\n`)
  }
  await server.stop()
}
