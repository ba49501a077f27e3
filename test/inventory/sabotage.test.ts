/**
 * The checkers are checked: each law is broken on purpose, at a seam, and the checker of that name has to say so. The
 * unbroken shop passes the same programs in `model.test.ts`.
 */
import { Effect } from "effect"
import fc from "fast-check"
import { afterEach, describe, expect, it, vi } from "vitest"
import type * as Store from "../../src/adapters/memory/store.ts"
import { Owner } from "../../src/app/inventory/owner.ts"
import { Turns } from "../../src/app/inventory/turn.ts"
import { brokenHistory } from "../support/history-laws.ts"
import { broken, SETTLED, STANDING } from "../support/laws.ts"
import { program } from "../support/trade-program.ts"
import * as Trial from "../support/trial.ts"

/** Programs in which the planted bug has to be found. */
const RUNS_MAX = 100

/** Number of the first program in which this law is said to be broken. */
const foundAfter = async (law: string, sabotage: Trial.Wrap): Promise<number> => {
  const programs = fc.sample(program(fc.constantFrom(1, 3)), { numRuns: RUNS_MAX, seed: 20_260_101 })
  for (const [index, of] of programs.entries()) {
    const slow = Trial.slow(of.seed)
    const { books, calls } = await Trial.run(of, (ledger, store) => sabotage(slow(ledger, store), store))
    const said = [...broken(STANDING, books), ...broken(SETTLED, books), ...brokenHistory(calls, books)]
    if (said.some((sentence) => sentence.startsWith(law))) return index + 1
  }
  return Number.POSITIVE_INFINITY
}

/** After each commit somebody tampers with the store. */
const tamper =
  (how: (store: Store.Shape) => void): Trial.Wrap =>
  (ledger, store) => ({
    ...ledger,
    commit: (batch) => Effect.tap(ledger.commit(batch), () => Effect.sync(() => how(store))),
  })

const honest: Trial.Wrap = (ledger) => ledger

const lastMoves = (store: Store.Shape) => [...store.movements.values()].filter((moves) => moves.length > 3)

const tampers: ReadonlyArray<readonly [law: string, what: string, how: (store: Store.Shape) => void]> = [
  ["I3 one fact per change", "drops a fact", (store) => void (store.facts.length > 4 && store.facts.pop())],
  ["I7 facts in order", "swaps two facts", (store) => void store.facts.reverse()],
  [
    "I2 movements contiguous and adding up",
    "doubles a movement",
    (store) => {
      for (const moves of lastMoves(store)) moves.splice(1, 0, moves[1]!)
    },
  ],
  [
    "I1 never oversold",
    "sells what is not there",
    (store) => {
      for (const [id, stock] of store.stocks) store.stocks.set(id, { ...stock, onHand: stock.reserved - 1 })
    },
  ],
  [
    "I3 reserved is held",
    "reserves for nobody",
    (store) => {
      for (const [id, stock] of store.stocks) store.stocks.set(id, { ...stock, reserved: stock.reserved + 1 })
    },
  ],
  [
    "I3 all or nothing",
    "loses a line of an order",
    (store) => {
      for (const rows of store.holds.values()) if (rows.size > 1) rows.delete([...rows.keys()][0]!)
    },
  ],
  ["I5 one order per key", "forgets keys", (store) => store.keys.clear()],
  [
    "I11 holds end once",
    "ends a hold again",
    (store) => {
      for (const rows of store.holds.values())
        for (const [id, row] of rows) if (row.state === "released") rows.set(id, { ...row, state: "expired" })
    },
  ],
]

describe("a planted bug is found", () => {
  afterEach(() => void vi.restoreAllMocks())

  it.each(tampers)("%s: a store that %s", async (law, _, how) => {
    expect(await foundAfter(law, tamper(how))).toBeLessThanOrEqual(RUNS_MAX)
  })

  it("I4 answered when durable: a ledger that says committed and is not", async () => {
    const lying: Trial.Wrap = (ledger) => ({
      ...ledger,
      commit: (batch) =>
        batch.orders.length > 0 ? Effect.succeed({ _tag: "Committed", known: [] }) : ledger.commit(batch),
    })
    expect(await foundAfter("I4 answered when durable", lying)).toBeLessThanOrEqual(RUNS_MAX)
  })

  it("I4 refusals are legal: an owner that refuses by a count that never was", async () => {
    const decide = Turns.prototype.decide
    vi.spyOn(Turns.prototype, "decide").mockImplementation(function (this: Turns, command, now) {
      const outcome = decide.call(this, command, now)
      if (outcome._tag !== "Refusal" || outcome.rejection._tag !== "InsufficientStock") return outcome
      const { available, ...rejection } = outcome.rejection
      return { _tag: "Refusal", rejection: { ...rejection, available: available + 1 } }
    })
    expect(await foundAfter("I4 refusals are legal", honest)).toBeLessThanOrEqual(RUNS_MAX)
  })

  it("I5 replays are equal: a ledger that answers a known key with another answer", async () => {
    const confused: Trial.Wrap = (ledger) => ({
      ...ledger,
      commit: (batch) =>
        Effect.map(ledger.commit(batch), (result) => ({
          ...result,
          known: result.known.map((key) =>
            key.reply._tag === "Order"
              ? { ...key, reply: { ...key.reply, order: { ...key.reply.order, expiresAt: 0 } } }
              : key,
          ),
        })),
    })
    expect(await foundAfter("I5 replays are equal", confused)).toBeLessThanOrEqual(RUNS_MAX)
  })

  it("everyone is answered: an owner that forgets a caller", async () => {
    const answer = Owner.prototype.answerDurable
    vi.spyOn(Owner.prototype, "answerDurable").mockImplementation(function (this: Owner, entry, known) {
      if (entry.command._tag !== "CancelOrder") answer.call(this, entry, known)
    })
    expect(await foundAfter("everyone is answered", honest)).toBeLessThanOrEqual(RUNS_MAX)
  })

  it("everything comes to an end: holds that never expire", async () => {
    const decide = Turns.prototype.decide
    vi.spyOn(Turns.prototype, "decide").mockImplementation(function (this: Turns, command, now) {
      if (command._tag === "ExpireOrder") return { _tag: "Reading", reply: { _tag: "Done" } }
      return decide.call(this, command, now)
    })
    expect(await foundAfter("everything comes to an end", honest)).toBeLessThanOrEqual(RUNS_MAX)
  })

  it("I1 within purchase limits: units of customers that are forgotten", async () => {
    const forgetful = tamper((store) => store.units.clear())
    expect(await foundAfter("I1 within purchase limits", forgetful)).toBeLessThanOrEqual(RUNS_MAX)
  })
})
