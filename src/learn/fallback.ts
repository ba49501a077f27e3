/**
 * Lesson: a dead provider need not stop the sale. An order that cannot be paid now is kept and paid later; and because a promise that
 * cannot be kept is worse than a no, what could not be paid in time is refused before it takes a unit. Circuit breaker, bulkhead
 * and backlog are the shop's own.
 */
import { foresight, PaymentBacklog } from "../app/payment-backlog.ts"
import { Bulkhead, type Entry } from "../app/resilience/bulkhead.ts"
import { CircuitBreaker } from "../app/resilience/circuit-breaker.ts"
import { OrderId } from "../domain/ids.ts"
import { Agenda } from "./agenda.ts"
import { bar, type Lesson } from "./lesson.ts"

const SECONDS = 60
const BUYERS = 50
/** Charges a second that the provider takes. */
const RATE = 20
const DEAD = { from: 10_000, until: 25_000 } as const
const HOLD_MS = 30_000
const GRACE_MS = 15_000
const CALL_MS = 50

interface Charge extends Entry {
  readonly id: OrderId
  readonly urgency: number
}

type Way = "pay or nothing" | "reserve, pay later" | "reserve, if it can be paid in time"

interface Found {
  /** Buyers who were answered yes, by tens of seconds. */
  readonly yes: ReadonlyArray<number>
  readonly paid: number
  /** Answered yes, and not paid when hold and grace ended. */
  readonly broken: number
  readonly no: number
}

const orderOf = (index: number) => OrderId.make(`018f0000-0000-7000-8000-${String(index).padStart(12, "0")}`)

class Shop {
  readonly agenda = new Agenda()
  readonly found = { yes: [0, 0, 0, 0, 0, 0], paid: 0, broken: 0, no: 0 }
  readonly #way: Way
  readonly #breaker = new CircuitBreaker({
    ...{ failureRate: 0.5, slowRate: 0.5, slowMs: 1_000, calls: 50, minCalls: 20 },
    ...{ openMs: 2_000, openMaxMs: 8_000, probeMs: 3_000 },
  })
  readonly #backlog = new PaymentBacklog(RATE)
  readonly #bulkhead = new Bulkhead<Charge>({ concurrency: 16, queueMax: 10_000, perSecond: RATE }, (charge) =>
    this.#call(charge),
  )
  readonly #foreseen = foresight(
    this.#backlog,
    { openForMs: () => this.#breaker.openForMs(this.agenda.now), queues: () => this.#backlog.size > 0 },
    GRACE_MS,
    () => this.agenda.now,
  )

  constructor(way: Way) {
    this.#way = way
  }

  buy(index: number): void {
    const { now } = this.agenda
    const isDead = now >= DEAD.from && now < DEAD.until
    const isTooLate = this.#foreseen.refusal(0, HOLD_MS) !== null
    if (this.#way === "pay or nothing" ? isDead : this.#way !== "reserve, pay later" && isTooLate) {
      this.found.no++
      return
    }
    // Who waits for the outcome waits no longer than two seconds for their turn.
    if (this.#way === "pay or nothing" && this.#foreseen.delayMs(0) > 2_000) {
      this.found.no++
      return
    }
    this.found.yes[Math.floor(now / 10_000)]! += 1
    this.#backlog.add(orderOf(index), now + HOLD_MS)
    this.#enter({ id: orderOf(index), urgency: now + HOLD_MS, arrival: 0, since: 0, isWaiting: false })
  }

  turns(): void {
    this.#bulkhead.giveTurns(this.agenda.now)
    this.agenda.after(5, () => this.turns())
  }

  #enter(charge: Charge): void {
    // What is refused is asked for again, a little later.
    if (this.#breaker.room(this.agenda.now) === 0) return this.agenda.after(100, () => this.#enter(charge))
    this.#bulkhead.enter(charge, this.agenda.now)
  }

  #call(charge: Charge): void {
    const { now } = this.agenda
    const permit = this.#breaker.admit(now)
    const isLate = now > charge.urgency + GRACE_MS
    if (permit === null || isLate) {
      this.#bulkhead.leave()
      if (isLate) this.#end(charge, "broken")
      else this.#enter(charge)
      return
    }
    const isFailure = now >= DEAD.from && now < DEAD.until
    this.agenda.after(CALL_MS, () => {
      this.#breaker.report(permit, isFailure, this.agenda.now)
      this.#bulkhead.leave()
      if (isFailure) this.#enter(charge)
      else this.#end(charge, "paid")
    })
  }

  #end({ id }: Charge, how: "paid" | "broken"): void {
    this.#backlog.remove(id)
    this.found[how]++
  }
}

const play = (way: Way): Found => {
  const shop = new Shop(way)
  shop.agenda.each(BUYERS, SECONDS * 1_000, (index) => shop.buy(index))
  shop.turns()
  shop.agenda.run(10 * SECONDS * 1_000)
  return shop.found
}

export const fallback: Lesson = {
  name: "fallback",
  title: "without a fallback a dead provider stops the sale, and a fallback without a bound breaks promises",
  page: "docs/guide/04-resilience.md",
  run: async ({ print }) => {
    print(
      `${BUYERS} buyers a second, a provider of ${RATE} a second that is dead from second 10 to 25; a unit is held for ${(HOLD_MS + GRACE_MS) / 1_000} s.`,
    )
    const ways = ["pay or nothing", "reserve, pay later", "reserve, if it can be paid in time"] as const
    const [none, unbound, bound] = ways.map((way) => {
      const found = play(way)
      print(
        `${way}: ${found.paid} paid, ${found.broken} promises broken, ${found.no} answered no at once. Answered yes:`,
      )
      for (const [ten, yes] of found.yes.entries())
        print(bar(`seconds ${ten * 10} to ${ten * 10 + 10}`, yes, BUYERS * 10))
      return found
    }) as [Found, Found, Found]
    return {
      failed: none.yes[1] === 0 && unbound.broken > unbound.paid / 2,
      held: bound.yes[1]! > BUYERS && bound.broken < bound.paid / 50 && bound.paid > none.paid,
    }
  },
}
