/**
 * Imagined histories: a product that really did one thing after another, and callers whose calls and answers lie around
 * those instants. Linearizable by construction; what is changed afterwards may not be.
 */
import fc from "fast-check"
import * as History from "./history.ts"

type Wish =
  | { readonly kind: "order" | "sale" | "decline"; readonly quantity: number }
  | { readonly kind: "receive"; readonly quantity: number }
  | { readonly kind: "adjust"; readonly delta: number }
  | { readonly kind: "read" }

export interface Call {
  readonly wish: Wish
  /** How long before its first instant it was asked, and after its last it was answered. */
  readonly early: number
  readonly long: number
  /** A sale's second step comes so many instants after its first. */
  readonly pause: number
  /** No answer came. */
  readonly open: boolean
}

const quantity = fc.integer({ min: 1, max: 5 })
const wish: fc.Arbitrary<Wish> = fc.oneof(
  fc.record({ kind: fc.constantFrom("order" as const, "sale" as const, "decline" as const), quantity }),
  fc.record({ kind: fc.constant("receive" as const), quantity }),
  fc.record({ kind: fc.constant("adjust" as const), delta: fc.constantFrom(-4, -2, -1, 1, 3) }),
  fc.record({ kind: fc.constant("read" as const) }),
)

const call: fc.Arbitrary<Call> = fc.record({
  wish,
  early: fc.integer({ min: 0, max: 40 }),
  long: fc.integer({ min: 1, max: 40 }),
  pause: fc.integer({ min: 1, max: 3 }),
  open: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
})

export const calls = (maxLength: number) => fc.array(call, { minLength: 1, maxLength })

/** Instants lie this far apart, so that calls and answers fall between them. */
const INSTANT = 10

class Shelf {
  readonly movements: Array<History.Movement> = []
  #state: History.State

  constructor(onHand: number) {
    this.#state = { onHand: 0, reserved: 0 }
    this.take("created", { onHand, reserved: 0 }, null)
  }

  get shown() {
    return { ...this.#state, version: this.movements.length }
  }

  /** `false`: it is not possible, and nothing has changed. */
  take(type: string, change: History.State, orderId: string | null, reason: string | null = null): boolean {
    const next = History.after(this.#state, change)
    if (!History.isPossible(next)) return false
    this.#state = next
    const deltas = { onHandDelta: change.onHand, reservedDelta: change.reserved }
    this.movements.push({ version: this.movements.length + 1, type, ...deltas, ...next, orderId, reason })
    return true
  }
}

interface Made {
  readonly mark: History.Mark
  readonly steps: ReadonlyArray<History.Step>
}

/** What one call did to the shelf, at its instant; `finish` does the second step. */
const make = (shelf: Shelf, { wish, open }: Call, name: string): Made & { readonly finish: (() => void) | null } => {
  const seen = () => (open ? null : shelf.shown)
  const refused = (): Made & { readonly finish: null } => ({
    mark: { by: "answer" },
    steps: [History.refuse(History.available(shelf.shown), 0)],
    finish: null,
  })
  switch (wish.kind) {
    case "read":
      return { mark: { by: "answer" }, steps: [History.read(shelf.shown, 0)], finish: null }
    case "receive": {
      shelf.take("received", { onHand: wish.quantity, reserved: 0 }, null)
      return {
        mark: { by: open ? "kind" : "answer" },
        steps: [History.receive(wish.quantity, 0, seen())],
        finish: null,
      }
    }
    case "adjust": {
      if (!shelf.take("adjusted", { onHand: wish.delta, reserved: 0 }, null, name)) return refused()
      return { mark: { by: "reason", reason: name }, steps: [History.adjust(wish.delta, 0, seen())], finish: null }
    }
    default: {
      const { quantity, kind } = wish
      if (!shelf.take("reserved", { onHand: 0, reserved: quantity }, name)) return refused()
      const mark = { by: "order", id: name } as const
      const steps = [History.reserve(quantity, 0)]
      if (kind === "order") return { mark, steps, finish: null }
      const end = kind === "sale" ? History.confirm(quantity, 0) : History.release(quantity, 0)
      const type = kind === "sale" ? "confirmed" : "released"
      return { mark, steps: [...steps, end], finish: () => shelf.take(type, end, name) }
    }
  }
}

export const historyOf = (onHand: number, calls: ReadonlyArray<Call>): History.History => {
  const shelf = new Shelf(onHand)
  const deeds: Array<History.Deed> = []
  const later: Array<{ readonly at: number; readonly finish: () => void }> = []
  const finishUntil = (instant: number) => {
    later.sort((a, b) => a.at - b.at)
    while (later.length > 0 && later[0]!.at <= instant) later.shift()!.finish()
  }
  for (const [index, one] of calls.entries()) {
    const instant = index + 1
    finishUntil(instant)
    const name = `#${instant} ${one.wish.kind}`
    const { mark, steps, finish } = make(shelf, one, name)
    const end = finish === null ? instant : instant + one.pause
    if (finish !== null) later.push({ at: end, finish })
    const isOpen = one.open && steps.every((step) => !History.looksOnly(step))
    const by = end * INSTANT + 1 + one.long
    deeds.push({
      name,
      mark,
      invoked: instant * INSTANT - one.early,
      steps: steps.map((step) => (isOpen ? History.perhaps(step) : { ...step, by })),
    })
  }
  finishUntil(Number.POSITIVE_INFINITY)
  return { product: "jar", start: { onHand, reserved: 0 }, deeds, movements: shelf.movements, orders: new Map() }
}

/** Every order of the steps is tried: for histories of very few. The definition, without a thought spent on speed. */
export const isExplained = ({ start, deeds }: History.History): boolean => {
  const wanted = deeds.map(({ steps }) => steps.filter(({ must }) => must).length)
  const search = (state: History.State, taken: ReadonlyArray<number>): boolean => {
    if (taken.every((count, deed) => count >= wanted[deed]!)) return true
    return deeds.some(({ invoked, steps }, deed) => {
      const step = steps[taken[deed]!]
      if (step === undefined || !History.fits(step, state)) return false
      // Whatever was answered before this was asked has to come first.
      const isTooEarly = deeds.some((other, index) => {
        const next = other.steps[taken[index]!]
        return next?.must === true && index !== deed && next.by < invoked
      })
      if (isTooEarly) return false
      return search(
        History.after(state, step),
        taken.map((count, index) => (index === deed ? count + 1 : count)),
      )
    })
  }
  return search(
    start,
    deeds.map(() => 0),
  )
}
