/** Random programs of concurrent trade, held to the laws. A failing program is printed, shrunk, with its seed. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { brokenHistory } from "../support/history-laws.ts"
import { broken, SETTLED, STANDING } from "../support/laws.ts"
import { runs } from "../support/runs.ts"
import { type Program, program } from "../support/trade-program.ts"
import * as Trial from "../support/trial.ts"

/** Each payment has its order, and each paid order its payment. */
const moneyFollowsOrders = ({ books, charges }: Trial.Trial): ReadonlyArray<string> =>
  books.orders.flatMap((order) => {
    const charged = charges.get(order.id) ?? "absent"
    const fits =
      order.status === "paid"
        ? charged === "charged"
        : "refund" in order && order.refund === "done"
          ? charged === "refunded"
          : charged !== "charged" && charged !== "refunded"
    return fits ? [] : [`money: order ${order.id} is ${order.status}, its charge is ${charged}`]
  })

const verdict = (trial: Trial.Trial): ReadonlyArray<string> => [
  ...broken(STANDING, trial.books),
  ...broken(SETTLED, trial.books),
  ...brokenHistory(trial.calls, trial.books),
  ...moneyFollowsOrders(trial),
]

const lawful = async (of: Program): Promise<void> => {
  expect(verdict(await Trial.run(of))).toEqual([])
}

/** Programs per test. */
const RUNS = runs(20, 60)

describe("concurrent trade", () => {
  it.each([1, 3])("keeps every law with %i workers", async (workers) => {
    await fc.assert(fc.asyncProperty(program(fc.constant(workers)), lawful), { numRuns: RUNS })
  })
})
