/** More dead letters than fit into memory are listed all the same. */
import { spawnSync } from "node:child_process"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { freshDatabase } from "../support/postgres.ts"
import { CLI } from "../support/service.ts"

describe("jaego dlq list, of more letters than fit into memory", () => {
  const LETTERS = 200_000
  /** Letters one statement writes, in less than the database's patience. */
  const BATCH = 20_000
  /** The heap of the command (MiB); the letters have twice as much. */
  const HEAP_MIB = 160
  let url: string

  beforeAll(async () => {
    url = await freshDatabase()
    const fill = Effect.forEach(
      Array.from({ length: LETTERS / BATCH }, (_, n) => n * BATCH),
      (from) =>
        PgClient.PgClient.use(
          (
            sql,
          ) => sql`insert into dead_letters (consumer, source, topic, "offset", key, value, headers, error, attempts, state)
          select 'timeline', 'kafka/one/jaego.orders/0', 'jaego.orders', n, n::text, repeat('x', 1500), '{}', 'no', 4, 'poison'
          from generate_series(${from}::int + 1, ${from}::int + ${BATCH}::int) n`,
        ),
    )
    await Effect.runPromise(Effect.provide(fill, PostgresClient.layer(url)))
  })

  /** Read by a shell, so that the test keeps none of it either. */
  const piped = (words: string, reader: string) =>
    spawnSync(
      "bash",
      ["-c", `set -o pipefail; '${process.execPath}' --max-old-space-size=${HEAP_MIB} '${CLI}' ${words} | ${reader}`],
      {
        env: { ...process.env, DATABASE_URL: url },
        encoding: "utf8",
      },
    )

  it("lists each, for people and for programs", { timeout: 600_000 }, () => {
    expect(piped("dlq list", "wc -l")).toMatchObject({ stdout: `${LETTERS + 1}\n`, stderr: "", status: 0 })
    const ids = piped("dlq list --json", `tr ',' '\\n' | grep -c '"id":'`)
    expect(ids).toMatchObject({ stdout: `${LETTERS}\n`, stderr: "", status: 0 })
  })

  it("ends quietly when its reader has seen enough", () => {
    expect(piped("dlq list", "head -1")).toMatchObject({
      stdout: expect.stringMatching(/^id /),
      stderr: "",
      status: 141,
    })
  })
})
