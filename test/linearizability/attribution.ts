/**
 * Whose movement is it: gives every step of every deed its version, and every movement its deed.
 *
 * Why it exists: only some answers show versions. The others are found by what the ledger keeps: an order's id, a reason
 * like no other. What carries neither (a hold for an order that was never placed, goods that arrived though no caller was
 * answered) is dealt out: to deeds of that kind whose time it falls into, those first that end first. The dealing finds a
 * complete one whenever there is one.
 */
import * as History from "./history.ts"

/** A step and where in the order of versions it lies: at `v` if it made version v, at `v + 0.5` if it saw it. */
export interface Placed {
  readonly name: string
  readonly step: History.Step
  readonly invoked: number
  /** Null: not shown, to be found. */
  readonly position: number | null
}

const TYPES: Readonly<Record<History.Kind, ReadonlyArray<string>>> = {
  reserve: ["reserved"],
  confirm: ["confirmed"],
  release: ["released", "expired"],
  restock: ["restocked"],
  receive: ["received"],
  adjust: ["adjusted"],
  read: [],
  refuse: [],
}

const isDoneBy = (step: History.Step, movement: History.Movement): boolean =>
  TYPES[step.kind].includes(movement.type) &&
  movement.onHandDelta === step.onHand &&
  movement.reservedDelta === step.reserved

/** Movements that belong together and were not claimed by anyone known: one, or a hold and its end. */
type Found = ReadonlyArray<History.Movement>

interface Waiting {
  readonly deed: History.Deed
  /** Positions its steps must lie between. */
  readonly low: number
  readonly high: number
}

class Attribution {
  readonly placed: Array<Placed> = []
  readonly violations: Array<string> = []
  readonly #history: History.History
  readonly #owners = new Map<number, string>()
  readonly #byOrder = new Map<string, Array<History.Movement>>()
  readonly #byReason = new Map<string, Array<History.Movement>>()

  constructor(history: History.History) {
    this.#history = history
    for (const movement of history.movements) {
      if (movement.orderId !== null) put(this.#byOrder, movement.orderId, movement)
      if (movement.reason !== null) put(this.#byReason, movement.reason, movement)
    }
  }

  run(): this {
    const waiting: Array<History.Deed> = []
    for (const deed of this.#history.deeds) if (!this.#claim(deed)) waiting.push(deed)
    this.#deal(waiting)
    for (const { version, type } of this.#history.movements)
      if (type !== "created" && !this.#owners.has(version))
        this.violations.push(`deeds: version ${version} (${type}) belongs to no operation`)
    return this
  }

  /** `false`: nothing says which movements are its own. */
  #claim(deed: History.Deed): boolean {
    const candidates = this.#candidates(deed)
    if (candidates === null) return false
    const exists = deed.mark.by === "customer" && this.#history.orders.has(deed.mark.customer)
    let last = 0
    for (const [index, step] of deed.steps.entries()) {
      if (History.looksOnly(step)) {
        this.#place(deed, step, step.shown === null ? null : step.shown.version + 0.5)
        continue
      }
      const movement = candidates.find(
        (one) => one.version > last && isDoneBy(step, one) && !this.#owners.has(one.version),
      )
      if (movement !== undefined) {
        this.#own(deed, step, movement)
        last = movement.version
      } else if (step.must || (exists && index === 0))
        this.violations.push(`deeds: ${deed.name} did not ${step.kind}, or not as it was answered`)
      else break
    }
    return true
  }

  #candidates({ mark, steps }: History.Deed): ReadonlyArray<History.Movement> | null {
    switch (mark.by) {
      case "order":
        return this.#byOrder.get(mark.id) ?? []
      case "customer": {
        const id = this.#history.orders.get(mark.customer)
        return id === undefined ? [] : (this.#byOrder.get(id) ?? [])
      }
      case "reason":
        return this.#byReason.get(mark.reason) ?? []
      case "answer": {
        const movement = this.#history.movements[(steps[0]?.shown?.version ?? 0) - 1]
        return movement === undefined ? [] : [movement]
      }
      case "attempt":
      case "kind":
        return null
    }
  }

  #place({ name, invoked }: History.Deed, step: History.Step, position: number | null): void {
    this.placed.push({ name: `${name} (${step.kind})`, step, invoked, position })
  }

  #own(deed: History.Deed, step: History.Step, { version }: History.Movement): void {
    this.#owners.set(version, deed.name)
    this.#place(deed, step, version)
  }

  /** What is not claimed, to the operations that were answered with nothing. */
  #deal(deeds: ReadonlyArray<History.Deed>): void {
    const window = windows(this.placed)
    const byLow = deeds
      .map((deed): Waiting => ({ deed, low: window.low(deed.invoked), high: window.high(endOf(deed)) }))
      .sort((a, b) => a.low - b.low)
    const left = new Set(byLow)
    for (const found of this.#unclaimed()) {
      const first = found[0]!.version
      const last = found.at(-1)!.version
      let best: Waiting | null = null
      for (const one of left) {
        if (one.low > first) break
        if (last > one.high || !isStoryOf(one.deed, found)) continue
        if (best === null || one.high < best.high) best = one
      }
      if (best === null) continue
      left.delete(best)
      for (const [index, movement] of found.entries()) this.#own(best.deed, best.deed.steps[index]!, movement)
    }
    for (const { deed } of left)
      if (deed.steps.some(({ must }) => must)) this.violations.push(`deeds: ${deed.name} left no trace`)
  }

  /** Oldest first. */
  #unclaimed(): ReadonlyArray<Found> {
    const known = new Set(this.#history.orders.values())
    const groups = new Map<string, Array<History.Movement>>()
    for (const movement of this.#history.movements) {
      const { version, type, orderId, reason } = movement
      if (type === "created" || this.#owners.has(version)) continue
      if (reason !== null || (orderId !== null && known.has(orderId))) continue
      put(groups, orderId ?? `version ${version}`, movement)
    }
    return [...groups.values()]
  }
}

const isStoryOf = ({ steps }: History.Deed, found: Found): boolean =>
  found.length <= steps.length &&
  found.every((movement, index) => isDoneBy(steps[index]!, movement)) &&
  steps.slice(found.length).every(({ must }) => !must)

const endOf = ({ steps }: History.Deed): number => Math.max(...steps.map(({ by }) => by))

/** Between which positions a time span lies, from the steps whose positions are known. */
const windows = (placed: ReadonlyArray<Placed>) => {
  const known = placed.filter(({ position }) => position !== null)
  const answered = known.filter(({ step }) => step.by !== Number.POSITIVE_INFINITY)
  answered.sort((a, b) => a.step.by - b.step.by)
  const called = [...known].sort((a, b) => b.invoked - a.invoked)
  const highest = runningBest(answered, Math.max)
  const lowest = runningBest(called, Math.min)
  return {
    /** The highest position answered before. */
    low: (invoked: number): number => highest[countWhile(answered, ({ step }) => step.by < invoked) - 1] ?? 1,
    /** The lowest position asked for afterwards. */
    high: (by: number): number => lowest[countWhile(called, (one) => one.invoked > by) - 1] ?? Number.POSITIVE_INFINITY,
  }
}

const runningBest = (
  placed: ReadonlyArray<Placed>,
  better: (a: number, b: number) => number,
): ReadonlyArray<number> => {
  const best: Array<number> = []
  for (const { position } of placed) best.push(better(best.at(-1) ?? position!, position!))
  return best
}

/** How many at the front are so, of which all that are so are at the front. */
const countWhile = <A>(sorted: ReadonlyArray<A>, isSo: (one: A) => boolean): number => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isSo(sorted[middle]!)) low = middle + 1
    else high = middle
  }
  return low
}

const put = <K, A>(groups: Map<K, Array<A>>, key: K, one: A): void => {
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [one])
  else group.push(one)
}

export const attribute = (
  history: History.History,
): { readonly placed: ReadonlyArray<Placed>; readonly violations: ReadonlyArray<string> } =>
  new Attribution(history).run()
