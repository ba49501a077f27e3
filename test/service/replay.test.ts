/** A month of a supermarket's real baskets, replayed against the real service. On one worker, and on three. */
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, ROOT, run, start } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

/** The file is not part of the repository; it lies beside it, or where this says. */
const BASKETS = resolve(ROOT, process.env["JAEGO_BASKETS"] || "../shared/data/groceries.csv")
const BASKET_COUNT = 9_835
const isMissing = !existsSync(BASKETS)
if (isMissing)
  console.warn(`NOT TESTED: the replay of real baskets, because there is no ${BASKETS} (set JAEGO_BASKETS)`)

afterAll(killAll)

describe.skipIf(isMissing).each([1, 3])("all baskets, with %i worker(s)", (workers) => {
  it("are answered, audited clean, and verified from SQL", async () => {
    const database = await freshDatabase()
    const service = await start({ DATABASE_URL: database, WORKERS: String(workers) })
    const replay = await run(["replay", BASKETS, "--concurrency", "64", "--url", service.url, "--json"])
    const report = JSON.parse(replay.stdout)
    expect(report, replay.stderr).toMatchObject({
      orders: BASKET_COUNT,
      placed: BASKET_COUNT,
      refused: 0,
      failed: 0,
      audit: "clean",
    })
    expect(replay.code).toBe(0)
    // Beside the running service, and after it.
    await Trade.verify(database)
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    await Trade.verify(database)
  })

  it("run out of goods without a failure: what is sold is what there was", async () => {
    const database = await freshDatabase()
    const service = await start({ DATABASE_URL: database, WORKERS: String(workers) })
    const flags = ["--concurrency", "64", "--on-hand", "20", "--limit", "3000"]
    const replay = await run(["replay", BASKETS, ...flags, "--url", service.url, "--json"])
    const report = JSON.parse(replay.stdout)
    expect(report, replay.stderr).toMatchObject({ orders: 3_000, failed: 0, audit: "clean" })
    expect(report.placed + report.refused).toBe(3_000)
    expect(report.refused).toBeGreaterThan(1_000)
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    await Trade.verify(database)
  })
})
