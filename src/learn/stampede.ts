/**
 * Lesson: the stampede. A page that a thousand people a second look at runs out in the cache, and all who come meanwhile ask the database
 * for it. The cures one after another: single flight, a lease between processes, early refresh, a soft timeout.
 */
import { bar, type Lesson } from "./lesson.ts"
import { VirtualClock } from "./virtual-clock.ts"

/** All times are virtual ms. */
const READERS = 3_000
const APART = 1
const PROCESSES = 4
const TTL = 1_000
/** What the query takes, and how many the database can do at a time. */
const QUERY = 50
const SEATS = 8
/** From this share of its time on a value is renewed by a reader who is given the old one. */
const EARLY = 0.8
/** Longest wait for a new value while there is an old one. */
const SOFT = 100
/** Between two looks for what another process reads. */
const LOOK = 2

/** Each piece of the cure. */
interface Cures {
  readonly singleFlight?: boolean
  readonly lease?: boolean
  readonly early?: boolean
  readonly soft?: boolean
}

interface Found {
  readonly queries: number
  readonly longestWait: number
}

/** A database that does so many queries at a time; the others wait for a seat. */
class Database {
  queries = 0
  readonly #clock: VirtualClock
  readonly #takes: () => number
  readonly #seats = Array.from({ length: SEATS }, () => 0)

  constructor(clock: VirtualClock, takes: () => number) {
    this.#clock = clock
    this.#takes = takes
  }

  async query(): Promise<void> {
    this.queries++
    const seat = this.#seats.indexOf(Math.min(...this.#seats))
    const done = Math.max(this.#clock.now, this.#seats[seat]!) + this.#takes()
    this.#seats[seat] = done
    await this.#clock.pause(done - this.#clock.now)
  }
}

/** A day of readers. `takes`: what the query takes at that time. */
const day = async (cures: Cures, takes: (now: number) => number = () => QUERY): Promise<Found> => {
  const clock = new VirtualClock()
  const database = new Database(clock, () => takes(clock.now))
  const inFlight = new Map<number, Promise<void>>()
  let longestWait = 0
  // The page is there when the day begins.
  let freshUntil = TTL
  let isLeased = false

  const read = async (): Promise<void> => {
    const before = freshUntil
    if (cures.lease) {
      if (isLeased) {
        while (isLeased && freshUntil === before) await clock.pause(LOOK)
        return
      }
      isLeased = true
    }
    await database.query()
    freshUntil = clock.now + TTL
    isLeased = false
  }
  const renew = (process: number): Promise<void> => {
    if (!cures.singleFlight) return read()
    const running = inFlight.get(process)
    if (running !== undefined) return running
    const reading = read().finally(() => inFlight.delete(process))
    inFlight.set(process, reading)
    return reading
  }
  const reader = async (number: number): Promise<void> => {
    await clock.pause(number * APART)
    const came = clock.now
    const process = number % PROCESSES
    if (came < freshUntil) {
      if (cures.early && came >= freshUntil - TTL + EARLY * TTL) void renew(process)
      return
    }
    const renewed = renew(process)
    await (cures.soft ? Promise.race([renewed, clock.pause(SOFT)]) : renewed)
    longestWait = Math.max(longestWait, clock.now - came)
  }
  await clock.run(Array.from({ length: READERS }, (_, number) => reader(number)))
  return { queries: database.queries, longestWait }
}

const STEPS: ReadonlyArray<readonly [name: string, cures: Cures]> = [
  ["nothing but a TTL", {}],
  ["single flight in a process", { singleFlight: true }],
  ["and a lease between them", { singleFlight: true, lease: true }],
  ["and renewed before its time", { singleFlight: true, lease: true, early: true }],
]

/** The database falls asleep once the page is old. */
const asleep = (now: number): number => (now > 700 && now < 1_000 ? 800 : QUERY)

export const stampede: Lesson = {
  name: "stampede",
  title: "a page runs out in the cache, and everyone asks the database for it",
  page: "docs/guide/02-caching.md",
  run: async ({ print }) => {
    print(
      `${READERS} readers of one page in ${(READERS * APART) / 1_000} s, on ${PROCESSES} processes. It is fresh for`,
    )
    print(`${TTL / 1_000} s, so it has to be read again twice. Queries:`)
    const found: Array<Found> = []
    for (const [name, cures] of STEPS) {
      const one = await day(cures)
      found.push(one)
      print(bar(name, one.queries, found[0]!.queries, `${one.queries}, a reader waits up to ${one.longestWait} ms`))
    }
    const all = STEPS.at(-1)![1]
    print("And when the database itself falls asleep for a moment, what does a reader wait?")
    const hard = await day(all, asleep)
    const soft = await day({ ...all, soft: true }, asleep)
    print(bar("for the new page", hard.longestWait, hard.longestWait, `${hard.longestWait} ms`))
    print(bar("for the old one, if need be", soft.longestWait, hard.longestWait, `${soft.longestWait} ms`))
    const [plain, flight, lease, early] = found
    return {
      failed:
        plain!.queries > 50 && flight!.queries > lease!.queries && lease!.longestWait > 0 && hard.longestWait > SOFT,
      held: early!.queries <= lease!.queries + 1 && early!.longestWait === 0 && soft.longestWait <= SOFT,
    }
  },
}
