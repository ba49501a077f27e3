/**
 * Lesson: coordinated omission. A service stands still for a second; a load generator that waits for each answer before it asks
 * again (a closed loop) asks hardly anything in that second, and its percentiles never show it. One that asks at a constant rate, and
 * counts from the instant at which it meant to (an open loop), shows what buyers had.
 */
import { bar, type Lesson } from "./lesson.ts"
import { VirtualClock } from "./virtual-clock.ts"

const SECONDS = 4
/** When it stands still, virtual ms. */
const STALL = { from: 1_500, to: 2_500 }
/** Otherwise it answers one after another, ms each. */
const ANSWER_MS = 2
/** Requests a second, of either generator. */
const RATE = 200
/** Of the closed loop. */
const CLIENTS = 4

/** Asks, and waits for the answer. */
type Ask = () => Promise<void>

const service = (clock: VirtualClock): Ask => {
  let freeAt = 0
  return () => {
    const begins = Math.max(clock.now, freeAt)
    freeAt = (begins >= STALL.from && begins < STALL.to ? STALL.to : begins) + ANSWER_MS
    return clock.pause(freeAt - clock.now)
  }
}

type Times = ReadonlyArray<number>
type Loop = (clock: VirtualClock, ask: Ask) => ReadonlyArray<Promise<Times>>

/** Each client asks, waits for the answer, thinks, and asks again: nothing is asked while nothing is answered. */
const closedLoop: Loop = (clock, ask) => {
  const everyMs = (CLIENTS * 1_000) / RATE
  return Array.from({ length: CLIENTS }, async (_, client) => {
    const times: Array<number> = []
    await clock.pause((client * everyMs) / CLIENTS)
    while (clock.now < SECONDS * 1_000) {
      const asked = clock.now
      await ask()
      times.push(clock.now - asked)
      await clock.pause(Math.max(0, everyMs - (clock.now - asked)))
    }
    return times
  })
}

/** Buyers come when it is time, whatever became of the others. */
const openLoop: Loop = (clock, ask) =>
  Array.from({ length: SECONDS * RATE }, async (_, n) => {
    const intended = (n * 1_000) / RATE
    await clock.pause(intended)
    await ask()
    return [clock.now - intended]
  })

const measured = async (loop: Loop): Promise<Times> => {
  const clock = new VirtualClock()
  return (await clock.run(loop(clock, service(clock)))).flat().toSorted((a, b) => a - b)
}

const at = (times: Times, part: number): number => times[Math.min(times.length - 1, Math.floor(times.length * part))]!

const PARTS = [
  ["half of them within", 0.5],
  ["90 % within (p90)", 0.9],
  ["99 % within (p99)", 0.99],
  ["the slowest", 1],
] as const

export const p99: Lesson = {
  name: "p99",
  title: "a second of silence that a closed loop never sees: coordinated omission",
  page: "docs/guide/04-overload.md",
  run: async ({ print }) => {
    const stallMs = STALL.to - STALL.from
    const plot = async (title: string, loop: Loop): Promise<Times> => {
      const times = await measured(loop)
      print(`\n${title}: ${times.length} answers, ${times.filter((ms) => ms > stallMs / 10).length} of them slow`)
      for (const [label, part] of PARTS) print(bar(label, at(times, part), stallMs, `${at(times, part).toFixed(0)} ms`))
      return times
    }
    print(`A service stands still for ${stallMs / 1_000} s of ${SECONDS}, and is to be asked ${RATE} times a second.`)
    const closed = await plot(`${CLIENTS} clients, each waiting for its answer`, closedLoop)
    const open = await plot("Buyers, who come whether it answers or not", openLoop)
    return { failed: at(closed, 0.99) < stallMs / 10, held: at(open, 0.99) > stallMs / 2 }
  },
}
