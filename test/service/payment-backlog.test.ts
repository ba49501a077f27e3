/** Graceful degradation of payment: more orders at once than the provider takes, and a provider that is dead for a while. In small. */
import { afterAll, expect, it } from "vitest"
import * as Trouble from "../support/payment-trouble.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

const ground = async (more: Omit<Trouble.Ground, "databaseUrl">): Promise<Trouble.Ground> => ({
  databaseUrl: await freshDatabase(),
  ...more,
})

/** So far ahead, ms, half a second more or less is little. */
const FAR_MS = 3_000

/** Foreseen sooner than the rate lets go what was placed before and paid later, which no machine is too slow or too fast for. */
const foreseenTooSoon = (turns: ReadonlyArray<Trouble.Turn>, rate: number): ReadonlyArray<Trouble.Turn> =>
  turns.filter(({ eta, placed }) => {
    const ahead = turns.filter((other) => other.placed < placed && other.paid > placed).length
    const leastMs = (ahead * 1_000) / rate
    return eta !== null && leastMs >= FAR_MS && eta - placed < leastMs * 0.8
  })

it("300 orders in a second at a provider of 20 a second: all are paid, none twice or late, and each was answered when", async () => {
  const rate = 20
  const on = await ground({ rate, holdSeconds: 120, graceSeconds: 10 })
  const { turns, ...rush } = await Trouble.rush(on, 300, 1)
  expect(rush).toMatchObject({
    placed: 300,
    refused: 0,
    paid: 300,
    expired: 0,
    others: 0,
    refunds: 0,
    contradictions: 0,
  })
  // All but those whose turn came at once. How far off they were depends on the machine: `npm run bench -- --payment` says it.
  expect(turns.filter(({ eta }) => eta !== null).length).toBeGreaterThan(0)
  expect(foreseenTooSoon(turns, rate)).toEqual([])
  await Trade.verify(on.databaseUrl)
})

it("what cannot be charged before hold and grace end is refused, and took no unit; of the others each is paid, or expired and never charged", async () => {
  const on = await ground({ rate: 10, holdSeconds: 4, graceSeconds: 1 })
  const { turns, ...rush } = await Trouble.rush(on, 400, 1)
  // Of five seconds' worth, and what was settled while they came, however long that took, some were paid and the rest refused.
  expect(rush.refused).toBeGreaterThan(0)
  expect(rush.placed + rush.refused).toBe(400)
  expect(rush).toMatchObject({ others: 0, refunds: 0, contradictions: 0, paid: turns.length })
  expect(rush.paid + rush.expired).toBe(rush.placed)
  expect(rush.paid).toBeGreaterThan(0)
  await Trade.verify(on.databaseUrl)
})

it("a provider that is dead for four seconds costs no sale, is hardly called, and everything is settled after its return", async () => {
  // Buyers who wait for the outcome have a minute: those who waited for a dead provider would have to.
  const on = await ground({ rate: 100, holdSeconds: 120, graceSeconds: 10, deadlineMs: 60_000 })
  const outage = await Trouble.outage(on, 4, 40)
  expect(outage).toMatchObject({ expired: 0, others: 0, refunds: 0, contradictions: 0, paid: outage.placed })
  expect(outage.placed).toBe(40 * 9)
  expect(outage.callsPerSecond).toBeLessThanOrEqual(1)
  expect(outage.p99WaitingMs).toBeLessThan(on.deadlineMs! / 2)
  await Trade.verify(on.databaseUrl)
})
