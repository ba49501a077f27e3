/** What is announced of how long commands wait: the least of all, beside their commit. */
import { expect, it } from "vitest"
import { CommandWaits } from "../../../src/adapters/threads/inventory/command-waits.ts"

const waits = () => {
  const announced: Array<number> = []
  return { announced, waits: new CommandWaits((waitMs) => announced.push(waitMs)) }
}

it("is the least that one of them waited since it was announced last, however long others did", () => {
  const { announced, waits: each } = waits()
  each.answered(0, 1_000)
  for (const submittedAt of [500, 980, 700]) each.answered(submittedAt, 1_010)
  each.answered(600, 1_020)
  expect(announced).toEqual([1_000, 30])
})

it("is not their commit, and not less than nothing for one that needed none", () => {
  const { announced, waits: each } = waits()
  each.committed(0.2)
  each.answered(1_000, 1_250)
  each.answered(1_200, 1_300)
  expect(announced).toEqual([50, 0])
})

it("is announced fifty times a second at most", () => {
  const { announced, waits: each } = waits()
  for (let now = 1_000; now < 2_000; now++) each.answered(now - 10, now)
  expect(announced).toHaveLength(50)
})
