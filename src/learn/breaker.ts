/**
 * Lesson: a provider that falls silent takes the shop with it, though it is only one of those whom the shop calls; and a provider that
 * comes back is knocked down by all who have waited for it. The circuit breaker and the bulkhead are the shop's own.
 */
import { Bulkhead, type Entry } from "../app/resilience/bulkhead.ts"
import { CircuitBreaker } from "../app/resilience/circuit-breaker.ts"
import { Agenda } from "./agenda.ts"
import { bar, type Lesson } from "./lesson.ts"

const SECONDS = 30
/** The provider is silent from the fifth second to the twentieth. */
const SILENT = { from: 5_000, until: 20_000 } as const
/** A second: those who pay, and those who only look. */
const BUYERS = 200
const VISITORS = 100
/** Requests that the shop serves at once. */
const PLACES = 64
/** Of which so many may wait for the provider, where there is a bulkhead. */
const PAYING_MAX = 16
const TIMEOUT_MS = 2_000
const CALL_MS = 40
const LOOK_MS = 20

const breakerOf = () =>
  new CircuitBreaker({
    ...{ failureRate: 0.5, slowRate: 0.5, slowMs: 1_000, calls: 50, minCalls: 20 },
    ...{ openMs: 5_000, openMaxMs: 60_000, probeMs: TIMEOUT_MS + 1_000 },
  })

type Guard = "nothing" | "breaker" | "breaker and bulkhead"

/** Visitors that were served, by the second. */
const silentProvider = (guard: Guard): ReadonlyArray<number> => {
  const agenda = new Agenda()
  const served = Array.from({ length: SECONDS }, () => 0)
  const breaker = breakerOf()
  let taken = 0
  let paying = 0
  const isSilent = () => agenda.now >= SILENT.from && agenda.now < SILENT.until
  agenda.each(VISITORS, SECONDS * 1_000, () => {
    if (taken >= PLACES) return
    taken++
    agenda.after(LOOK_MS, () => {
      taken--
      served[Math.min(SECONDS - 1, Math.floor(agenda.now / 1_000))]! += 1
    })
  })
  agenda.each(BUYERS, SECONDS * 1_000, () => {
    if (taken >= PLACES || (guard === "breaker and bulkhead" && paying >= PAYING_MAX)) return
    const permit = guard === "nothing" ? null : breaker.admit(agenda.now)
    // Refused at once: the order is taken, and paid later.
    if (guard !== "nothing" && permit === null) return
    taken++
    paying++
    const isDead = isSilent()
    agenda.after(isDead ? TIMEOUT_MS : CALL_MS, () => {
      taken--
      paying--
      if (permit !== null) breaker.report(permit, isDead, agenda.now)
    })
  })
  agenda.run(SECONDS * 1_000)
  return served
}

/** Orders that wait when the provider is back, and others that come. */
const WAITING = 1_000
const COMING = 20
/** What it can do: more than so many calls at once, and it falls, and takes so long to get up (ms). */
const STANDS = 30
const GETS_UP_MS = 3_000
const BACK_SECONDS = 60
/** Calls that are begun a second, once it is known to be well. */
const RATE = 50

interface Waiting extends Entry {
  readonly urgency: number
}

const waiting = (urgency: number): Waiting => ({ urgency, arrival: 0, since: 0, isWaiting: false })

class Provider {
  falls = 0
  served = 0
  #at = 0
  #upAt = 0
  readonly #agenda: Agenda

  constructor(agenda: Agenda) {
    this.#agenda = agenda
  }

  call(answered: (isFailure: boolean) => void): void {
    const isDown = this.#agenda.now < this.#upAt
    this.#at++
    if (!isDown && this.#at > STANDS) {
      this.falls++
      this.#upAt = this.#agenda.now + GETS_UP_MS
    }
    this.#agenda.after(CALL_MS, () => {
      this.#at--
      const isFailure = this.#agenda.now < this.#upAt || isDown
      if (!isFailure) this.served++
      answered(isFailure)
    })
  }
}

type HalfOpen = "all who wait" | "three probes, then a rate"

/** A thousand orders wait for a provider that has just come back. */
const comesBack = (halfOpen: HalfOpen): Pick<Provider, "falls" | "served"> => {
  const agenda = new Agenda()
  const provider = new Provider(agenda)
  const breaker = breakerOf()
  const isGentle = halfOpen !== "all who wait"
  let left = 0
  const again = (): void => {
    left++
  }
  /** The simple way: open for a while, then everything is let through, until it fails. */
  let openUntil = 0
  const flood = (): void => {
    for (; left > 0 && agenda.now >= openUntil; left--)
      provider.call((isFailure) => {
        if (!isFailure) return
        again()
        openUntil = agenda.now + 5_000
      })
    agenda.after(10, flood)
  }
  const bulkhead = new Bulkhead<Waiting>({ concurrency: 16, queueMax: 10_000, perSecond: RATE }, () => {
    const permit = breaker.admit(agenda.now)
    if (permit === null) {
      again()
      return bulkhead.leave()
    }
    left--
    provider.call((isFailure) => {
      breaker.report(permit, isFailure, agenda.now)
      bulkhead.leave()
      if (isFailure) again()
    })
  })
  const gently = (): void => {
    if (left > 0 && breaker.room(agenda.now) > 0) bulkhead.enter(waiting(agenda.now), agenda.now)
    bulkhead.giveTurns(agenda.now)
    agenda.after(1_000 / RATE, gently)
  }
  left = WAITING
  agenda.each(COMING, BACK_SECONDS * 1_000, again)
  agenda.after(0, isGentle ? gently : flood)
  agenda.run(BACK_SECONDS * 1_000)
  return { falls: provider.falls, served: provider.served }
}

/** What the plot shows of a minute: before, the first seconds of silence, in the middle of it, and afterwards. */
const SHOWN = [3, 5, 6, 7, 8, 12, 17, 25]

export const breaker: Lesson = {
  name: "breaker",
  title: "a sick provider fills every place, and one that comes back is knocked down by those who waited",
  page: "docs/guide/04-resilience.md",
  run: async ({ print }) => {
    print(
      `${PLACES} places, ${BUYERS} buyers and ${VISITORS} visitors a second. The provider is silent from second 5 to 20.`,
    )
    const found = new Map<Guard, ReadonlyArray<number>>()
    for (const guard of ["nothing", "breaker", "breaker and bulkhead"] as const) {
      const served = silentProvider(guard)
      found.set(guard, served)
      print(`Between shop and provider: ${guard}. Visitors served, who want nothing from the provider:`)
      for (const second of SHOWN) print(bar(`second ${second}`, served[second]!, VISITORS))
    }
    print(
      `It comes back while ${WAITING} orders wait. More than ${STANDS} calls at once, and it falls for ${GETS_UP_MS / 1_000} s:`,
    )
    const flood = comesBack("all who wait")
    const gentle = comesBack("three probes, then a rate")
    const most = WAITING + COMING * BACK_SECONDS
    print(
      bar(
        "all who wait are let in",
        flood.served,
        most,
        `${flood.served} charged in a minute, it fell ${flood.falls} times`,
      ),
    )
    print(
      bar(
        "three probes, then a rate",
        gentle.served,
        most,
        `${gentle.served} charged in a minute, it fell ${gentle.falls} times`,
      ),
    )
    const mostInSilence = Math.max(...found.get("nothing")!.slice(6, 20))
    const least = Math.min(...found.get("breaker and bulkhead")!.slice(1, -1))
    const lost = (guard: Guard) => found.get(guard)!.reduce((sum, served) => sum + VISITORS - served, 0)
    return {
      failed: mostInSilence < VISITORS / 2 && lost("nothing") > 3 * lost("breaker") && flood.falls > 3,
      held: least > VISITORS * 0.9 && gentle.falls === 0 && gentle.served > 2 * flood.served,
    }
  },
}
