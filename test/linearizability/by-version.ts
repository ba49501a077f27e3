/**
 * Linearizability by versions, in O(n log n): every change of a product has a version and a line in its ledger, so the
 * order of the steps is not searched for, it is given. What is left to check:
 *
 *     books   versions are contiguous, values add up along them, no version is oversold
 *     deeds   every step that was promised has its movement, and every movement belongs to exactly one deed
 *     values  what an answer showed of a version is what the ledger has at that version
 *     time    no step lies at a lower version than one that was answered before it was asked; a refusal saw some version
 *             at which so much was available, neither older than what was answered before nor newer than what came after
 *
 * Sound: if nothing is found, the steps sorted by version (looks just after the version they saw, by the time they were
 * asked) are an order that explains every answer and respects real time. Refusals do not show what they saw; each is given
 * the oldest version that is possible, which leaves most room for all that follows, so nothing is refused wrongly.
 *
 * Relies on: the ledger being shown whole; an order's movements carrying its id; a customer ordering once. A history that
 * only another order than the ledger's explains is refused: that is stricter than linearizability, and meant to be.
 */
import { attribute, type Placed } from "./attribution.ts"
import * as History from "./history.ts"

const CHANGES: Readonly<Record<string, (movement: History.Movement) => boolean>> = {
  created: ({ version, reservedDelta }) => version === 1 && reservedDelta === 0,
  received: ({ onHandDelta, reservedDelta }) => onHandDelta > 0 && reservedDelta === 0,
  adjusted: ({ onHandDelta, reservedDelta }) => onHandDelta !== 0 && reservedDelta === 0,
  reserved: ({ onHandDelta, reservedDelta }) => onHandDelta === 0 && reservedDelta > 0,
  released: ({ onHandDelta, reservedDelta }) => onHandDelta === 0 && reservedDelta < 0,
  expired: ({ onHandDelta, reservedDelta }) => onHandDelta === 0 && reservedDelta < 0,
  confirmed: ({ onHandDelta, reservedDelta }) => onHandDelta < 0 && reservedDelta === onHandDelta,
  restocked: ({ onHandDelta, reservedDelta }) => onHandDelta > 0 && reservedDelta === 0,
}

const books = ({ start, movements }: History.History): ReadonlyArray<string> => {
  const found: Array<string> = []
  let state: History.State = { onHand: 0, reserved: 0 }
  for (const [index, movement] of movements.entries()) {
    const { version, type, onHand, reserved } = movement
    const next = History.after(state, { onHand: movement.onHandDelta, reserved: movement.reservedDelta })
    if (version !== index + 1) found.push(`books: version ${version} follows version ${index}`)
    if (!(CHANGES[type]?.(movement) ?? false)) found.push(`books: version ${version} does not do what ${type} does`)
    if (next.onHand !== onHand || next.reserved !== reserved) found.push(`books: version ${version} does not add up`)
    if (!History.isPossible({ onHand, reserved })) found.push(`books: version ${version} is oversold`)
    state = { onHand, reserved }
  }
  const first = movements[0]
  if (first?.onHand !== start.onHand || first.reserved !== start.reserved) found.push("books: begin with another state")
  return found
}

const values = (placed: ReadonlyArray<Placed>, movements: ReadonlyArray<History.Movement>): ReadonlyArray<string> =>
  placed.flatMap(({ name, step: { shown } }) => {
    if (shown === null) return []
    const movement = movements[shown.version - 1]
    const isSo = movement?.onHand === shown.onHand && movement.reserved === shown.reserved
    return isSo
      ? []
      : [`values: ${name} was answered ${shown.onHand}/${shown.reserved}, which version ${shown.version} is not`]
  })

/** Versions at which so much is available, ascending. */
const byAvailable = (movements: ReadonlyArray<History.Movement>): ReadonlyMap<number, ReadonlyArray<number>> => {
  const versions = new Map<number, Array<number>>()
  for (const movement of movements) {
    const available = History.available(movement)
    const list = versions.get(available)
    if (list === undefined) versions.set(available, [movement.version])
    else list.push(movement.version)
  }
  return versions
}

/** The first element that is not less. */
const firstFrom = (ascending: ReadonlyArray<number>, least: number): number | undefined => {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! < least) low = middle + 1
    else high = middle
  }
  return ascending[low]
}

interface Event {
  readonly at: number
  readonly kind: "call" | "answer"
  readonly placed: Placed
}

/** Of one instant, calls come first: what touches is taken to overlap. */
const eventsOf = (placed: ReadonlyArray<Placed>): ReadonlyArray<Event> =>
  placed
    .flatMap((one): ReadonlyArray<Event> => {
      const call = { at: one.invoked, kind: "call", placed: one } as const
      const { by } = one.step
      return by === Number.POSITIVE_INFINITY ? [call] : [call, { at: by, kind: "answer", placed: one }]
    })
    .sort((a, b) => a.at - b.at || (a.kind === b.kind ? 0 : a.kind === "call" ? -1 : 1))

const time = (placed: ReadonlyArray<Placed>, movements: ReadonlyArray<History.Movement>): ReadonlyArray<string> => {
  const found: Array<string> = []
  const versions = byAvailable(movements)
  const positions = new Map<Placed, number>()
  /** The highest position that was answered so far, and by whom it was shown. */
  let past = { position: 1, name: "its creation" }
  for (const { kind, placed: one } of eventsOf(placed)) {
    if (kind === "answer") {
      const position = positions.get(one)
      if (position !== undefined && position > past.position) past = { position, name: one.name }
      continue
    }
    if (one.position !== null) {
      positions.set(one, one.position)
      if (one.position < past.position)
        found.push(`time: ${one.name} lies at ${one.position}, below ${past.position} of ${past.name}, answered before`)
      continue
    }
    const { available } = one.step
    const version = firstFrom(versions.get(available!) ?? [], Math.floor(past.position))
    if (version === undefined)
      found.push(`time: ${one.name} saw ${available} available, which was not so from version ${past.position} on`)
    else positions.set(one, version + 0.5)
  }
  return found
}

/** A sentence for each thing that is wrong; none: the history is linearizable, in the order of the ledger's versions. */
export const check = (history: History.History): ReadonlyArray<string> => {
  const wrong = books(history)
  if (wrong.length > 0) return wrong.map((sentence) => `${history.product}: ${sentence}`)
  const { placed, violations } = attribute(history)
  const { movements } = history
  return [...violations, ...values(placed, movements), ...time(placed, movements)].map(
    (sentence) => `${history.product}: ${sentence}`,
  )
}
