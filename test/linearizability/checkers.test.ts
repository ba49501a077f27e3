/** The checkers can say no, and say yes to what is right: by hand, by imagination, and against the bare definition. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as BySearch from "./by-search.ts"
import * as ByVersion from "./by-version.ts"
import * as History from "./history.ts"
import * as Imagined from "./imagined.ts"
import * as Mutations from "./mutations.ts"

const { adjust, perhaps, read, receive, refuse, release, reserve, confirm } = History

/** One line of a ledger: type, change of what is on hand and reserved, and whose it is. */
type Entry = readonly [type: string, onHand: number, reserved: number, whose?: string]

const ledger = (onHand: number, entries: ReadonlyArray<Entry>): ReadonlyArray<History.Movement> => {
  let state: History.State = { onHand: 0, reserved: 0 }
  return [["created", onHand, 0] as Entry, ...entries].map(([type, more, held, whose], index) => {
    state = { onHand: state.onHand + more, reserved: state.reserved + held }
    const reason = type === "adjusted" ? (whose ?? null) : null
    const orderId = type === "adjusted" ? null : (whose ?? null)
    return { version: index + 1, type, onHandDelta: more, reservedDelta: held, ...state, orderId, reason }
  })
}

const deed = (name: string, invoked: number, mark: History.Mark, ...steps: ReadonlyArray<History.Step>) => ({
  name,
  mark,
  invoked,
  steps,
})
const answered = { by: "answer" } as const
const order = (id: string) => ({ by: "order", id }) as const

const history = (
  onHand: number,
  deeds: ReadonlyArray<History.Deed>,
  entries: ReadonlyArray<Entry>,
): History.History => ({
  product: "jar",
  start: { onHand, reserved: 0 },
  deeds,
  movements: ledger(onHand, entries),
  orders: new Map(),
})

const stock = (onHand: number, reserved: number, version: number) => ({ onHand, reserved, version })

interface Case {
  readonly bad: string
  readonly history: History.History
  /** The same with one thing mended. */
  readonly mended: History.History
}

const arrivals = (secondShown: History.State & { readonly version: number }) =>
  history(
    2,
    [deed("a", 0, answered, receive(5, 20, stock(7, 0, 2))), deed("b", 1, answered, receive(5, 21, secondShown))],
    secondShown.version === 2
      ? [["received", 5, 0]]
      : [
          ["received", 5, 0],
          ["received", 5, 0],
        ],
  )

const readAfterOrder = (invoked: number) =>
  history(
    2,
    [deed("order", 0, order("o"), reserve(1, 10)), deed("read", invoked, answered, read(stock(2, 0, 1), 30))],
    [["reserved", 0, 1, "o"]],
  )

const twoOrders = (onHand: number) =>
  history(
    onHand,
    [deed("first", 0, order("a"), reserve(1, 10)), deed("second", 5, order("b"), reserve(1, 15))],
    [
      ["reserved", 0, 1, "a"],
      ["reserved", 0, 1, "b"],
    ],
  )

const refusal = (available: number) => history(5, [deed("refused", 0, answered, refuse(available, 10))], [])

const lateRefusal = (invoked: number) =>
  history(
    1,
    [
      deed("order", 0, order("o"), reserve(1, 10)),
      deed("arrival", 20, answered, receive(5, 30, stock(6, 1, 3))),
      deed("refused", invoked, answered, refuse(0, 50)),
    ],
    [
      ["reserved", 0, 1, "o"],
      ["received", 5, 0],
    ],
  )

const twoReads = (firstAnswer: number) =>
  history(
    2,
    [
      deed("arrival", 0, answered, receive(1, 100, stock(3, 0, 2))),
      deed("first", 1, answered, read(stock(3, 0, 2), firstAnswer)),
      deed("second", 20, answered, read(stock(2, 0, 1), 30)),
    ],
    [["received", 1, 0]],
  )

const backwards = (secondAsked: number) =>
  history(
    2,
    [
      deed("first", 0, answered, receive(4, 10, stock(7, 0, 3))),
      deed("second", secondAsked, answered, receive(1, 30, stock(3, 0, 2))),
    ],
    [
      ["received", 1, 0],
      ["received", 4, 0],
    ],
  )

const halfSold = (asked: number) =>
  history(
    2,
    [
      deed("sale", 0, order("o"), reserve(1, 10), confirm(1, 10)),
      deed("read", asked, answered, read(stock(2, 1, 2), 30)),
    ],
    [
      ["reserved", 0, 1, "o"],
      ["confirmed", -1, -1, "o"],
    ],
  )

const openOrder = (secondRead: History.State & { readonly version: number }) =>
  history(
    2,
    [
      deed("open", 0, order("o"), perhaps(reserve(2, 0))),
      deed("first", 20, answered, read(stock(2, 2, 2), 30)),
      deed("second", 40, answered, read(secondRead, 50)),
    ],
    [["reserved", 0, 2, "o"]],
  )

const cases: ReadonlyArray<Case> = [
  { bad: "a lost update", history: arrivals(stock(7, 0, 2)), mended: arrivals(stock(12, 0, 3)) },
  { bad: "a stale read after a write", history: readAfterOrder(20), mended: readAfterOrder(5) },
  { bad: "a unit that is sold twice", history: twoOrders(1), mended: twoOrders(2) },
  { bad: "a refusal by a state that never was", history: refusal(4), mended: refusal(5) },
  { bad: "a refusal by a state that is over", history: lateRefusal(40), mended: lateRefusal(15) },
  { bad: "a read that goes back in time", history: twoReads(10), mended: twoReads(25) },
  { bad: "versions against the order of time", history: backwards(20), mended: backwards(5) },
  { bad: "a sale that was answered half-way", history: halfSold(20), mended: halfSold(5) },
  { bad: "an open order that was undone again", history: openOrder(stock(2, 0, 1)), mended: openOrder(stock(2, 2, 2)) },
]

describe("both checkers", () => {
  it.each(cases)("refuse $bad, and nothing else about it", ({ history, mended }) => {
    expect(ByVersion.check(history)).not.toEqual([])
    expect(BySearch.check(history)._tag).toBe("Impossible")
    expect(ByVersion.check(mended)).toEqual([])
    expect(BySearch.check(mended)._tag).toBe("Linearizable")
  })

  it("accept whatever really happened one after another", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), Imagined.calls(60), (onHand, calls) => {
        const history = Imagined.historyOf(onHand, calls)
        expect(ByVersion.check(history)).toEqual([])
        expect(BySearch.check(history)._tag).toBe("Linearizable")
      }),
      { numRuns: 200 },
    )
  })

  it("agree about a history of which one answer or one time was changed", () => {
    const counts = { bothNo: 0, bothYes: 0, anotherOrder: 0 }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), Imagined.calls(25), Mutations.any, (onHand, calls, mutation) => {
        const history = Mutations.apply(mutation, Imagined.historyOf(onHand, calls))
        const inLedgersOrder = ByVersion.check(history).length === 0
        const verdict = BySearch.check(history)._tag
        expect(verdict).not.toBe("Undecided")
        // What the ledger's order explains, some order explains; the ledger's may be refused where another would do.
        if (inLedgersOrder) expect(verdict).toBe("Linearizable")
        const both = inLedgersOrder ? "bothYes" : "bothNo"
        counts[inLedgersOrder === (verdict === "Linearizable") ? both : "anotherOrder"]++
      }),
      { numRuns: 600 },
    )
    expect(counts.bothNo).toBeGreaterThan(100)
    expect(counts.bothYes).toBeGreaterThan(50)
    expect(counts.anotherOrder).toBeLessThan(counts.bothNo)
  })
})

describe("the checker by search", () => {
  it("says what the bare definition says, of every small history", () => {
    const counts: Record<string, number> = { Linearizable: 0, Impossible: 0 }
    const few = fc.array(Mutations.any, { maxLength: 2 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), Imagined.calls(6), few, (onHand, calls, mutations) => {
        let history = Imagined.historyOf(onHand, calls)
        for (const mutation of mutations) history = Mutations.apply(mutation, history)
        const verdict = BySearch.check(history)._tag
        expect(verdict).toBe(Imagined.isExplained(history) ? "Linearizable" : "Impossible")
        counts[verdict]!++
      }),
      { numRuns: 10_000 },
    )
    expect(counts["Linearizable"]).toBeGreaterThan(1_000)
    expect(counts["Impossible"]).toBeGreaterThan(1_000)
  })

  it("takes a change early if it makes room for what must come before the step that is wanted", () => {
    const count = deed("count", 0, { by: "reason", reason: "r" }, perhaps(adjust(1, 0, null)))
    const declined = deed("declined", 10, order("a"), reserve(3, 33), release(3, 33))
    const placed = deed("placed", 20, order("b"), reserve(1, 32))
    const verdict = BySearch.check(history(2, [count, declined, placed], []))
    expect(verdict._tag).toBe("Linearizable")
  })

  it("says that it does not know, rather than yes, when it has searched enough", () => {
    const { mended } = cases[0]!
    expect(BySearch.check(mended, 0)).toMatchObject({ _tag: "Undecided", why: expect.stringContaining("jar") })
  })
})

describe("the checker by versions", () => {
  const accepted = [deed("order", 0, order("o"), reserve(1, 10))]
  const refusedElsewhere = deed("refused", 0, { by: "attempt" }, reserve(1, 10), release(1, 10))
  const hold: ReadonlyArray<Entry> = [
    ["reserved", 0, 1, "x"],
    ["released", 0, -1, "x"],
  ]
  const oddBooks = (change: Partial<History.Movement>) => {
    const { movements, ...rest } = history(2, accepted, [["reserved", 0, 1, "o"]])
    return { ...rest, movements: movements.map((one) => (one.version === 2 ? { ...one, ...change } : one)) }
  }

  it("gives a hold for an order that was never placed to the order that was refused", () => {
    expect(ByVersion.check(history(2, [refusedElsewhere], hold))).toEqual([])
  })

  it.each<readonly [string, History.History, RegExp]>([
    ["a movement of no operation", history(2, [], [["received", 1, 0]]), /version 2 .* belongs to no operation/],
    ["an accepted order without its hold", history(2, accepted, []), /order did not reserve/],
    [
      "an order that holds twice",
      history(2, accepted, [
        ["reserved", 0, 1, "o"],
        ["reserved", 0, 1, "o"],
      ]),
      /belongs to no operation/,
    ],
    ["a refused order that keeps its hold", history(2, [refusedElsewhere], hold.slice(0, 1)), /left no trace/],
    [
      "a hold that was taken after its refusal",
      {
        ...history(2, [refusedElsewhere, deed("read", 20, answered, read(stock(2, 0, 1), 30))], hold),
      },
      /left no trace/,
    ],
    ["another quantity than was ordered", history(2, accepted, [["reserved", 0, 2, "o"]]), /did not reserve/],
    [
      "an adjustment that is not in the ledger",
      history(2, [deed("count", 0, { by: "reason", reason: "r" }, adjust(1, 9, stock(3, 0, 2)))], []),
      /did not adjust/,
    ],
    ["a gap in the versions", oddBooks({ version: 3 }), /version 3 follows version 1/],
    ["values that do not add up", oddBooks({ reserved: 2 }), /does not add up/],
    ["a type that does something else", oddBooks({ type: "released" }), /does not do what released does/],
    ["more reserved than there is", history(0, accepted, [["reserved", 0, 1, "o"]]), /is oversold/],
  ])("finds %s", (_, history, words) => {
    expect(ByVersion.check(history).join("\n")).toMatch(words)
  })
})
