/** What is foreseen of charges that wait, and which orders are refused for it, without a shop around it. */
import fc from "fast-check"
import { expect, it } from "vitest"
import { foresight, PaymentBacklog } from "../../src/app/payment-backlog.ts"
import { OrderId } from "../../src/domain/ids.ts"

const order = (number: number) => OrderId.make(`018f0000-0000-7000-8000-${String(number).padStart(12, "0")}`)

const calls = { openMs: 0, queued: true }
const dependency = { openForMs: () => calls.openMs, queues: () => calls.queued }

const NOW = 1_000_000

/** So many orders, one each ms, at so many charges a second. */
const line = (orders: number, perSecond: number, { graceMs = 60_000, holdMs = 600_000 } = {}) => {
  Object.assign(calls, { openMs: 0, queued: true })
  const backlog = new PaymentBacklog(perSecond)
  for (let number = 0; number < orders; number++) backlog.add(order(number), NOW + holdMs + number)
  return { backlog, foreseen: foresight(backlog, dependency, graceMs, () => NOW) }
}

it("an order is foreseen behind those whose holds end before its own, at the rate at which charges leave", () => {
  const { foreseen } = line(20_000, 200)
  expect(foreseen.delayMs(0)).toBe(100_000)
  for (const number of [5_000, 10_000, 19_999]) {
    const eta = foreseen.etaOf({ id: order(number), expiresAt: NOW + 600_000 + number })!
    // Holds that end within the same tenth of a second are one to it: at most half of them too many or too few.
    expect(Math.abs(eta - NOW - number * 5)).toBeLessThanOrEqual(50 * 5)
  }
  expect(foreseen.etaOf({ id: order(20_000), expiresAt: NOW })).toBeNull()
})

it("nothing is foreseen while nothing holds charges up", () => {
  const { foreseen } = line(10, 100)
  calls.queued = false
  expect(foreseen.delayMs(0)).toBe(0)
  expect(foreseen.etaOf({ id: order(3), expiresAt: NOW + 600_003 })).toBeNull()
  expect(foreseen.refusal(1_000_000, 0)).toBeNull()
})

it("an open circuit comes before all that wait", () => {
  const { foreseen } = line(100, 100)
  Object.assign(calls, { openMs: 5_000, queued: false })
  expect(foreseen.delayMs(0)).toBe(6_000)
})

it("an order is refused from the first one on that could not be charged before hold and grace end", () => {
  const { foreseen } = line(1_000, 10, { holdMs: 90_000, graceMs: 30_000 })
  // 120 s at ten a second.
  expect(foreseen.refusal(200, 90_000)).toBeNull()
  expect(foreseen.refusal(201, 90_000)).toMatchObject({
    reason: "payment-backlog",
    fate: "undecided",
    retryAfterSeconds: 1,
  })
  expect(foreseen.refusal(5_000, 90_000)).toMatchObject({ retryAfterSeconds: 60 })
})

it("the rate that is seen counts, not the one that was hoped for, and none is seen while nothing queues", () => {
  const { backlog } = line(0, 100)
  expect(backlog.leaveMs(100)).toBe(1_000)
  // One each 40 ms: 25 a second.
  for (let now = 0; now < 30_000; now += 40) backlog.settled(now, true)
  expect(backlog.leaveMs(100)).toBeGreaterThan(3_900)
  expect(backlog.leaveMs(100)).toBeLessThan(4_100)
  for (let now = 30_000; now < 60_000; now += 1_000) backlog.settled(now, false)
  expect(backlog.leaveMs(100)).toBeGreaterThan(3_900)
})

it("a provider without a rate is foreseen by what it has settled", () => {
  const { backlog } = line(0, Number.POSITIVE_INFINITY)
  expect(backlog.leaveMs(100)).toBe(0)
  for (let now = 0; now <= 2_000; now += 20) backlog.settled(now, true)
  expect(backlog.leaveMs(100)).toBeGreaterThan(1_900)
})

it("counts each order once, however often it comes and goes", () => {
  const change = fc.record({ number: fc.nat({ max: 20 }), end: fc.nat({ max: 5_000 }), comes: fc.boolean() })
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const backlog = new PaymentBacklog(100)
      const model = new Map<number, number>()
      for (const { comes, end, number } of changes)
        if (comes) {
          backlog.add(order(number), end)
          if (!model.has(number)) model.set(number, end)
        } else {
          backlog.remove(order(number))
          model.delete(number)
        }
      expect(backlog.size).toBe(model.size)
      const before = [...model.values()].filter((end) => end < 2_500).length
      const close = [...model.values()].filter((end) => end >= 2_500 && end < 2_600).length
      expect(backlog.ahead(2_500)).toBe(before + close / 2)
    }),
  )
})
