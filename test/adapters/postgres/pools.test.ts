/** The connections of a process are shared out to the last one, and each kind of work has some. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Pools from "../../../src/adapters/postgres/pools.ts"

const parts = fc.record({ workers: fc.integer({ min: 1, max: 64 }), facts: fc.boolean(), owners: fc.boolean() })

const sum = (pools: Pools.Pools): number => Object.values(pools).reduce((all, each) => all + each, 0)

/** Of all threads: their pools, the lease of the main thread, the relay of the facts thread. */
const opened = (shares: Pools.Shares, { facts, owners, workers }: Pools.Parts): number =>
  1 +
  sum(Pools.ofMain(shares.main)) +
  (facts ? 1 + sum(Pools.ofFacts(shares.facts)) : 0) +
  (owners ? workers * sum(Pools.ofWorker(shares.worker)) : shares.commands)

describe("the connections of a process", () => {
  it("are all shared out, and no more than those", () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 0, max: 200 }), (of, more) => {
        const total = Pools.least(of) + more
        const shares = Pools.share(total, of)
        expect(shares.all).toBe(total)
        expect(opened(shares, of)).toBe(total)
      }),
    )
  })

  it("that are usual are shared out as well", () => {
    fc.assert(
      fc.property(parts, (of) => {
        const shares = Pools.share(null, of)
        expect(opened(shares, of)).toBe(shares.all)
        expect(Pools.share(shares.all, of)).toEqual(shares)
      }),
    )
  })

  it("leave none of the pools empty, however few there are", () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 0, max: 50 }), (of, more) => {
        const shares = Pools.share(Pools.least(of) + more, of)
        const { transactions, ...others } = Pools.ofWorker(Pools.share(null, { ...of, owners: true }).worker)
        expect(transactions).toBe(0)
        const facts = of.facts ? [Pools.ofFacts(shares.facts)] : []
        const all = [Pools.ofMain(shares.main), ...facts.map(({ lists, rows, ...rest }) => rest)]
        for (const pools of all) expect(Math.min(...Object.values(pools))).toBeGreaterThanOrEqual(1)
        expect([others.writes, others.deciding]).toEqual([2, 1])
      }),
    )
  })
})
