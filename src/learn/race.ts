/**
 * Lesson: the race, without any database. Between reading a number and writing it something is waited for; in that time others
 * read the same number.
 */
import { bar, type Lesson } from "./lesson.ts"
import { VirtualClock } from "./virtual-clock.ts"

const BUYERS = 100
const UNITS = 10
/** Buyers come this far apart, virtual ms. */
const APART_MS = 1

interface Shelf {
  left: number
}

/** One buyer: true if something was bought. */
type Buy = (shelf: Shelf, clock: VirtualClock, thinkingMs: number) => Promise<boolean>

/** Read, check, write: a database, a network or a payment lies between the first and the last. */
const checkThenAct: Buy = async (shelf, clock, thinkingMs) => {
  const left = shelf.left
  await clock.pause(thinkingMs)
  if (left < 1) return false
  shelf.left = left - 1
  return true
}

/** Check and write are one step: nothing is waited for between them. */
const oneStep: Buy = async (shelf, clock, thinkingMs) => {
  await clock.pause(thinkingMs)
  if (shelf.left < 1) return false
  shelf.left -= 1
  return true
}

/** Units sold. */
const crowd = async (buy: Buy, thinkingMs: number): Promise<number> => {
  const clock = new VirtualClock()
  const shelf = { left: UNITS }
  const buyers = Array.from({ length: BUYERS }, async (_, index) => {
    await clock.pause(index * APART_MS)
    return buy(shelf, clock, thinkingMs)
  })
  return (await clock.run(buyers)).filter(Boolean).length
}

/** Milliseconds between reading and writing. */
const THINKING = [0.5, 2, 5, 10, 20, 50]

export const race: Lesson = {
  name: "race",
  title: "two buyers and one unit: the race, without a database",
  page: "docs/guide/01-concurrency.md",
  run: async ({ print }) => {
    print(`${BUYERS} buyers, one each ms, for ${UNITS} units. Read, wait, check, write:`)
    const sold: Array<number> = []
    for (const ms of THINKING) {
      const units = await crowd(checkThenAct, ms)
      sold.push(units)
      print(bar(`${ms} ms between read and write`, units, BUYERS, `${units} sold${units > UNITS ? ", oversold" : ""}`))
    }
    print("The longer it takes, the more have read the same number. Check and write in one step:")
    const cured: Array<number> = []
    for (const ms of THINKING) {
      const units = await crowd(oneStep, ms)
      cured.push(units)
      print(bar(`${ms} ms before that step`, units, BUYERS, `${units} sold`))
    }
    return { failed: sold.some((units) => units > UNITS), held: cured.every((units) => units === UNITS) }
  },
}
