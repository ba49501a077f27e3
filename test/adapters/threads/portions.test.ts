/** Portions: everything is heard once and in order, and between two portions this thread does other things. */
import { setImmediate as turn } from "node:timers/promises"
import { expect, it } from "vitest"
import { Portions } from "../../../src/adapters/threads/portions.ts"

const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)

const listening = () => {
  const heard: Array<number> = []
  return { heard, portions: new Portions<number>((thing) => heard.push(thing)) }
}

const allHeard = async (heard: ReadonlyArray<number>, count: number) => {
  for (let turns = 0; heard.length < count && turns < 1_000; turns++) await turn()
}

it("a few are heard at once", () => {
  const { heard, portions } = listening()
  portions.add([1, 2, 3])
  expect(heard).toEqual([1, 2, 3])
})

it("of many the first are heard at once, the others in later turns, in order, those that come between at the end", async () => {
  const { heard, portions } = listening()
  portions.add(range(0, 100))
  const atOnce = heard.length
  expect(atOnce).toBeGreaterThan(0)
  expect(atOnce).toBeLessThan(100)
  portions.add(range(100, 100))
  expect(heard.length).toBe(atOnce)
  await turn()
  expect(heard.length).toBeGreaterThan(atOnce)
  expect(heard.length).toBeLessThan(200)
  await allHeard(heard, 200)
  expect(heard).toEqual(range(0, 200))
})

it("what comes after all was heard is heard at once again", async () => {
  const { heard, portions } = listening()
  portions.add(range(0, 100))
  await allHeard(heard, 100)
  portions.add([100])
  expect(heard).toEqual(range(0, 101))
})

it("flushed, nothing waits, and nothing is heard twice", async () => {
  const { heard, portions } = listening()
  portions.add(range(0, 100))
  portions.flush()
  expect(heard).toEqual(range(0, 100))
  portions.add(range(100, 100))
  await allHeard(heard, 200)
  await turn()
  expect(heard).toEqual(range(0, 200))
})

it("what waits stays short although each turn brings more than a portion", async () => {
  const { heard, portions } = listening()
  const [turns, each] = [100, 200]
  for (let at = 0; at < turns; at++) {
    portions.add(range(at * each, each))
    await turn()
  }
  expect(turns * each - heard.length).toBeLessThan(4 * each)
  await allHeard(heard, turns * each)
  expect(heard).toEqual(range(0, turns * each))
})
