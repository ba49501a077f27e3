/** A history that was cut off, or forked, is lawful in itself, and found all the same: by the heads that were noted of it. */
import { execFile } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Layer } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import * as PostgresLease from "../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../src/adapters/postgres/ledger.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import { copyOf, freshDatabase } from "../support/postgres.ts"
import * as Scribe from "../support/scribe.ts"

const door = fileURLToPath(new URL("../../bin/jaego.js", import.meta.url))

const jaego = (...words: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [door, ...words], (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })

interface Verdict {
  readonly name: string
  readonly violations: number
  readonly rows: ReadonlyArray<object>
}

/** The lanes are taken, and a product is made in some of them: a fact each. */
const trade = (url: string) =>
  Effect.gen(function* () {
    const scribe = yield* Scribe.owner
    for (const lane of [3, 17, 40]) {
      const id = Lane.place(Scribe.freshId(), lane) as ProductId
      yield* scribe.commit({ products: [{ product: Scribe.product({ id, sku: `sku-${id}` }), onHand: 1 }] })
    }
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Layer.mergeAll(PostgresLedger.layer, PostgresLease.layer).pipe(Layer.provideMerge(PostgresClient.layer(url))),
    ),
    Effect.runPromise,
  )

const folder = mkdtempSync(join(tmpdir(), "jaego-heads-"))
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

/** What is broken of a database, by these heads. */
const brokenBy = async (database: string, heads: string) => {
  const { code, stdout } = await jaego("verify", "--json", "--database", database, "--heads", heads)
  const { checks } = JSON.parse(stdout) as { readonly checks: ReadonlyArray<Verdict> }
  const broken = checks.filter(({ violations }) => violations > 0)
  expect(code).toBe(broken.length === 0 ? 0 : 1)
  return broken
}

const CHECK = "the history goes on from the heads that were noted"

describe("verify --heads", () => {
  let original: string
  let backup: string
  let noted: string

  const copy = () => copyOf(original)

  /** A shop that is traded on, its backup from before, and its heads as they stand. */
  beforeAll(async () => {
    original = await freshDatabase()
    await trade(original)
    backup = await copy()
    const before = file("before.json", (await jaego("heads", "--database", original)).stdout)
    for (let n = 0; n < 3; n++) await trade(original)
    expect(await brokenBy(original, before)).toEqual([])
    noted = file("noted.json", (await jaego("heads", "--database", original)).stdout)
  })

  it("finds nothing wrong where the heads were noted", async () => {
    expect(await brokenBy(original, noted)).toEqual([])
  })

  it("finds the history cut off where a backup was put in its place, which is lawful in itself", async () => {
    const broken = await brokenBy(backup, noted)
    expect(broken.map(({ name }) => name)).toEqual([CHECK])
    expect(broken[0]!.rows).toMatchObject(
      [3, 17, 40].map((lane) => ({ lane, noted: 4, stands: 1, history: "cut off" })),
    )
  })

  it("finds the fork where that backup was traded on, as far as the original and beyond", async () => {
    for (let n = 0; n < 5; n++) await trade(backup)
    const broken = await brokenBy(backup, noted)
    expect(broken.map(({ name }) => name)).toEqual([CHECK])
    expect(broken[0]!.rows).toMatchObject([3, 17, 40].map((lane) => ({ lane, noted: 4, stands: 6, history: "forked" })))
  })

  it.each([
    ["no file", "nowhere.json", /nowhere\.json has no heads/],
    ["no JSON", file("text.json", "heads"), /text\.json has no heads/],
    ["another JSON", file("other.json", '[{"lane":64,"seq":1,"link":"a"}]'), /other\.json has no heads/],
  ])("says in one line that it was given %s", async (_, path, words) => {
    const { code, stderr } = await jaego("verify", "--database", original, "--heads", path)
    expect({ code, lines: stderr.trimEnd().split("\n").length }).toEqual({ code: 1, lines: 1 })
    expect(stderr).toMatch(words)
  })
})
