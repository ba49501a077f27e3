/** Seeds that once broke a law, each with its story. A seed that fails is added here once its cause is found. */
import { describe, expect, it } from "vitest"
import { simulate } from "./simulate.ts"

interface Regression {
  readonly seed: number
  readonly story: string
}

const STALE_CONTEST =
  "an owner that had been frozen while another took its lanes cancelled an order whose holds had ended: the ledger answered it " +
  "of the contest before the fence, and the caller got a defect instead of 503"

const BARRED_TOO_SOON =
  "a driver of another process barred a charge by its own clock while the owner recorded that its money was kept: the order was paid, its " +
  "money let go, and it had to be cancelled"

const REGRESSIONS: ReadonlyArray<Regression> = [
  {
    seed: 2911,
    story:
      "a process that had been frozen lost its lanes, took them again, and answered a reading of its first owner's memory as if it " +
      "were the new one's: its freshness was judged by the new lease",
  },
  { seed: 3921, story: STALE_CONTEST },
  {
    seed: 1421,
    story:
      "a process that had been frozen heard the carrier's callbacks when it woke, found in its old memory that the order was not " +
      "paid yet, and wrote that a parcel which had been delivered was astray",
  },
  { seed: 1584, story: BARRED_TOO_SOON },
  { seed: 1722, story: BARRED_TOO_SOON },
  {
    seed: 9074,
    story:
      "an owner whose drain was given up was interrupted while a commit was on its way, and its outcome turned out unknown: the callers of " +
      "the batch were never answered, and their keys stayed in progress until the process ended",
  },
  {
    seed: 6584,
    story:
      "behind a commit of unknown outcome callers were answered that nothing was decided; the commit turned out done, and their orders " +
      "went out with the next",
  },
]

describe("a seed that once failed", () => {
  it.each(REGRESSIONS)("$seed: $story", async ({ seed }) => {
    const { violations } = await simulate(seed)
    expect(violations).toEqual([])
  })
})
