/** Graceful degradation of payment: more orders at once than the provider takes, and a provider that is dead for a while. In small. */
import { afterAll, expect, it } from "vitest"
import * as Trouble from "../support/payment-trouble.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

const ground = async (
  more: Pick<Trouble.Ground, "rate" | "holdSeconds" | "graceSeconds">,
): Promise<Trouble.Ground> => ({
  databaseUrl: await freshDatabase(),
  ...more,
})

it("400 orders in a second at a provider of 50 a second: all are paid, none twice or late, and each was told when", {
  timeout: 120_000,
}, async () => {
  const on = await ground({ rate: 50, holdSeconds: 60, graceSeconds: 10 })
  const rush = await Trouble.rush(on, 400, 1)
  expect(rush).toMatchObject({
    placed: 400,
    refused: 0,
    paid: 400,
    expired: 0,
    others: 0,
    refunds: 0,
    contradictions: 0,
  })
  // Most of them; those whose turn came within two seconds were not told, or are not looked at.
  expect(rush.foreseen).toBeGreaterThan(50)
  expect(rush.offMedian).toBeLessThan(0.2)
  await Trade.verify(on.databaseUrl)
})

it("what cannot be charged before hold and grace end is refused, and took no unit; of the others each is paid, or expired and never charged", {
  timeout: 120_000,
}, async () => {
  const on = await ground({ rate: 20, holdSeconds: 4, graceSeconds: 1 })
  const rush = await Trouble.rush(on, 400, 1)
  // All but five seconds' worth, and what was settled while they came: longer than a second on a busy machine.
  expect(rush.refused).toBeGreaterThan(50)
  expect(rush.placed + rush.refused).toBe(400)
  expect(rush).toMatchObject({ others: 0, refunds: 0, contradictions: 0 })
  expect(rush.paid + rush.expired).toBe(rush.placed)
  expect(rush.paid).toBeGreaterThan(rush.placed * 0.8)
  await Trade.verify(on.databaseUrl)
})

it("a provider that is dead for four seconds costs no sale, is hardly called, and everything is settled after its return", {
  timeout: 120_000,
}, async () => {
  const on = await ground({ rate: 100, holdSeconds: 60, graceSeconds: 10 })
  const outage = await Trouble.outage(on, 4, 40)
  expect(outage).toMatchObject({ expired: 0, others: 0, refunds: 0, contradictions: 0, paid: outage.placed })
  expect(outage.placed).toBe(40 * 9)
  expect(outage.callsPerSecond).toBeLessThanOrEqual(1)
  // No buyer waits for a provider that is known to be dead: the deadline is two seconds.
  expect(outage.p99WaitingMs).toBeLessThan(1_500)
  expect(outage.settledMs).toBeLessThan(60_000)
  await Trade.verify(on.databaseUrl)
})
