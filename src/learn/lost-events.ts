/**
 * Lessons: an event that is lost, and an effect that happens twice. Five buyers, and the power goes out while the third is at the till: what the database knows, what the stream was given,
 * and which parcels were packed, for each way to publish. Real processes, killed with SIGKILL; a real PostgreSQL.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as PostgresClient from "../adapters/postgres/client.ts"
import type { Lesson, Stage } from "./lesson.ts"

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

export interface Aftermath {
  readonly sold: ReadonlyArray<number>
  readonly stream: ReadonlyArray<number>
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
export const play = async ({ packer, runs, till }: Story, database: string): Promise<Aftermath> => {
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
      stream: readFileSync(stream, "utf8").trimEnd().split("\n").map(Number),
      parcels: await numbers("parcels"),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** In a few words. */
export const verdict = ({ parcels, sold }: Aftermath): string => {
  const lost = sold.filter((sale) => !parcels.includes(sale))
  const invented = parcels.filter((sale) => !sold.includes(sale))
  const twice = parcels.filter((sale, index) => parcels.indexOf(sale) !== index)
  if (lost.length > 0) return `buyer ${lost} has paid and waits for ever`
  if (invented.length > 0) return `a parcel for buyer ${invented}, who has bought nothing`
  return twice.length > 0 ? `buyer ${twice} gets two parcels` : "each buyer gets what they bought, once"
}

/** A column a buyer, a mark each time; a dot: never. */
export const plot = (aftermath: Aftermath): ReadonlyArray<string> => {
  const buyers = [...new Set(Object.values(aftermath).flat())].sort((a, b) => a - b)
  const line = (label: string, cells: ReadonlyArray<string>) =>
    `    ${label.padEnd(8)}${cells.map((cell) => ` ${cell.padEnd(2)}`).join("")}`.trimEnd()
  const marks = (sales: ReadonlyArray<number>) =>
    buyers.map((buyer) => "█".repeat(sales.filter((sale) => sale === buyer).length) || "·")
  return [
    line("buyer", buyers.map(String)),
    ...(["sold", "stream", "parcels"] as const).map((what) => line(what, marks(aftermath[what]))),
  ]
}

/** Plays those stories; the verdict on each. */
const playAll = async ({ database, print }: Stage, stories: ReadonlyArray<Story>): Promise<ReadonlyArray<string>> => {
  const verdicts: Array<string> = []
  for (const story of stories) {
    const outcome = await play(story, await database())
    const cuts = story.runs.map(([, dies]) => dies).filter((dies) => dies !== "nowhere")
    print(`${story.till} / ${story.packer}, power cut at ${cuts.join(", ")}`)
    for (const line of plot(outcome)) print(line)
    print(`    ${verdict(outcome)}`)
    verdicts.push(verdict(outcome))
  }
  return verdicts
}

const PAGE = "docs/guide/03-events.md"

const HOLDS = "each buyer gets what they bought, once"

const lessonOf = (name: string, title: string, without: (story: Story) => boolean): Lesson => ({
  ...{ name, title, page: PAGE },
  run: async (stage) => {
    const cured = STORIES.at(-1)!
    const verdicts = await playAll(stage, [...STORIES.slice(0, -1).filter(without), cured])
    return { failed: verdicts.slice(0, -1).every((each) => each !== HOLDS), held: verdicts.at(-1) === HOLDS }
  },
})

export const lostEvents = lessonOf(
  "lost-events",
  "the power goes out between the database and the stream",
  ({ till }) => till !== "outbox",
)

export const exactlyOnce = lessonOf(
  "exactly-once",
  "published twice, done once: the inbox",
  ({ packer }) => packer !== "inbox",
)
