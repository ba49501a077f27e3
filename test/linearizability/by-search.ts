/**
 * The second opinion: is there any order of the steps that explains all answers? Versions and the ledger are hidden from
 * it; it knows what was asked, when, and what was answered.
 *
 * The search of Wing and Gong, with the improvements of Lowe (Testing for linearizability, 2017): what was met is not met
 * again, and steps are taken just in time, when an answer demands them. A position is how many calls and answers have been
 * passed and how far each deed under way has come; since finished deeds are left behind, a dead end costs no more than what
 * overlaps it: the history is in effect cut wherever nothing is under way.
 *
 * Four rules make it fast and lose nothing, the first three by exchanging steps of an order that explains all: a step that
 * only looks is taken as soon as it fits (no other notices); of two deeds that are alike and have come equally far the
 * one with the earlier answer goes first; of two changes without a look in between only one order is tried, and neither
 * is tried unless it leads to something that was seen or is needed; and where something that was seen can no longer come
 * to pass, whatever happens until its answer, nothing is tried any more (`reach.ts`).
 *
 * Law: complete and sound for the steps it is given. Limits: positions, SEARCH_MAX; beyond it the verdict is `Undecided`,
 * which is no pass.
 */
import * as History from "./history.ts"
import { canReach, type Target } from "./reach.ts"

export type Verdict =
  | { readonly _tag: "Linearizable"; readonly searched: number }
  | { readonly _tag: "Impossible"; readonly why: string; readonly searched: number }
  | { readonly _tag: "Undecided"; readonly why: string; readonly searched: number }

/** Positions looked at in one history; one or two for each step are usual. A minute, at worst. */
export const SEARCH_MAX = 100_000

/** A deed under way has a place in every position's progress; it is given to another once all of its steps are taken. */
interface Place {
  readonly deed: History.Deed
  readonly slot: number
  /** Equal for deeds that ask and claim the same. */
  readonly likeness: string
  /** When its answer came, and how many of its steps were taken by then; Infinity and 0: it did not. */
  readonly due: number
  readonly steps: number
  /** Which event its answer is; null: it did not come. */
  answer: number | null
}

interface Event {
  readonly at: number
  readonly kind: "call" | "answer"
  readonly place: Place
  /** Everything that may take steps before the next event; of an answer, itself included. */
  readonly underWay: ReadonlyArray<Place>
}

/** A change about to be taken. */
interface Taking {
  readonly place: Place
  readonly before: History.State
  readonly step: History.Step
}

interface Position {
  /** Events passed. */
  readonly passed: number
  readonly state: History.State
  /** One character for each slot, whose code counts the steps taken. */
  readonly progress: string
  /** The change that led here, if it answered nothing and no reading saw what it led to. */
  readonly last: Taking | null
}

const isSilent = (step: History.Step): boolean => !History.looksOnly(step) && step.shown === null

/** It makes units available. */
const frees = ({ onHand, reserved }: History.Step): boolean => onHand > reserved

const likenessOf = ({ steps }: History.Deed): string =>
  steps
    .map(({ onHand, reserved, shown, available, by, must }) =>
      [onHand, reserved, shown?.onHand, shown?.reserved, available, by === Number.POSITIVE_INFINITY, must].join(),
    )
    .join(";")

const done = (progress: string, { slot }: Place): number => progress.charCodeAt(slot)

const taken = (progress: string, { slot }: Place, steps: number): string =>
  progress.slice(0, slot).padEnd(slot, "\0") + String.fromCharCode(steps) + progress.slice(slot + 1)

/** Once it is answered nothing of it is left. */
const isOver = ({ deed, steps }: Place): boolean => steps === deed.steps.length

/** Calls and answers by time; of one instant calls come first: what touches is taken to overlap. */
const eventsOf = (deeds: ReadonlyArray<History.Deed>): ReadonlyArray<Event> => {
  const moments = deeds
    .flatMap((deed) => {
      const last = deed.steps.findLastIndex(({ by, must }) => must && by !== Number.POSITIVE_INFINITY)
      const call = { at: deed.invoked, kind: "call" as const, deed, steps: last + 1 }
      return last === -1 ? [call] : [call, { ...call, at: deed.steps[last]!.by, kind: "answer" as const }]
    })
    .sort((a, b) => a.at - b.at || (a.kind === b.kind ? 0 : a.kind === "call" ? -1 : 1))
  const places = new Map<History.Deed, Place>()
  const taken: Array<Place | null> = []
  return moments.map(({ at, kind, deed, steps }, index) => {
    if (kind === "call") {
      const free = taken.indexOf(null)
      const slot = free === -1 ? taken.length : free
      const due = steps === 0 ? Number.POSITIVE_INFINITY : deed.steps[steps - 1]!.by
      places.set(deed, { deed, slot, likeness: likenessOf(deed), due, steps, answer: null })
      taken[slot] = places.get(deed)!
    }
    const place = places.get(deed)!
    const underWay = taken.filter((one) => one !== null)
    if (kind === "answer") place.answer = index
    if (kind === "answer" && isOver(place)) taken[place.slot] = null
    return { at, kind, place, underWay }
  })
}

class Search {
  searched = 0
  /** The furthest event that was not passed, and the states before it. */
  furthest = 0
  states: Array<History.State> = []
  readonly #events: ReadonlyArray<Event>
  readonly #met = new Set<string>()

  constructor(events: ReadonlyArray<Event>) {
    this.#events = events
  }

  /** Whether all events can be passed; null: that would take more than `max` positions. */
  run(start: History.State, max: number): boolean | null {
    const open: Array<Position> = [{ passed: 0, state: start, progress: "", last: null }]
    for (let position = open.pop(); position !== undefined; position = open.pop()) {
      const here = this.#pass(position)
      if (here.passed === this.#events.length) return true
      const name = `${here.passed} ${here.last?.place.slot ?? ""} ${here.progress}`
      if (this.#met.has(name)) continue
      this.#met.add(name)
      if (++this.searched > max) return null
      this.#note(here)
      if ((here.last === null || this.#leadsOn(here, here.last)) && this.#leavesRoom(here))
        open.push(...this.#next(here))
    }
    return false
  }

  #note({ passed, state }: Position): void {
    if (passed > this.furthest) {
      this.furthest = passed
      this.states = []
    }
    if (passed === this.furthest) this.states.push(state)
  }

  /** Goes on to the next answer that demands a step. */
  #pass(position: Position): Position {
    let { passed, progress, last } = position
    const { state } = position
    for (; passed < this.#events.length; passed++) {
      const { kind, place } = this.#events[passed]!
      if (kind === "call") progress = this.#look(state, taken(progress, place, 0), [place])
      else if (done(progress, place) < place.steps) break
      else if (isOver(place)) progress = taken(progress, place, 0)
      last = null
    }
    return { passed, state, progress, last }
  }

  /** Takes every step that only looks and fits. */
  #look(state: History.State, progress: string, places: ReadonlyArray<Place>): string {
    let now = progress
    for (const place of places) {
      const count = done(now, place)
      const step = place.deed.steps[count]
      if (step !== undefined && History.looksOnly(step) && History.fits(step, state)) now = taken(now, place, count + 1)
    }
    return now
  }

  /** What can be taken next, the likeliest last: what is wanted, then what is due soonest. */
  #next({ passed, state, progress, last }: Position): ReadonlyArray<Position> {
    const { place: wanted, underWay } = this.#events[passed]!
    const found: Array<Position> = []
    for (const place of this.#firstOfTheirLikes(progress, wanted, underWay)) {
      const count = done(progress, place)
      const step = place.deed.steps[count]!
      if (!History.fits(step, state)) continue
      const taking: Taking = { place, before: state, step }
      if (last !== null && this.#isDetour(last, taking, wanted)) continue
      const stepped = taken(progress, place, count + 1)
      const after = History.after(state, step)
      const looked = this.#look(after, stepped, underWay)
      const silently = isSilent(step) && looked === stepped && place !== wanted
      found.push({ passed, state: after, progress: looked, last: silently ? taking : null })
    }
    return found
  }

  /** Those with a step to take, what is wanted last; of those that are alike, the one that is due first. */
  #firstOfTheirLikes(progress: string, wanted: Place, underWay: ReadonlyArray<Place>): ReadonlyArray<Place> {
    const first = new Map<string, Place>()
    for (const place of underWay) {
      const count = done(progress, place)
      if (count === place.deed.steps.length) continue
      const name = `${count} ${place.likeness}`
      const other = first.get(name)
      const isFirst = other === undefined || place === wanted || (other !== wanted && place.due < other.due)
      if (isFirst) first.set(name, place)
    }
    return [...first.values()].sort((a, b) => Number(a === wanted) - Number(b === wanted) || b.due - a.due)
  }

  /** No reading saw the state between the two, and the other way round leads to the same: one way is enough. */
  #isDetour(first: Taking, second: Taking, wanted: Place): boolean {
    if (first.place === second.place || !isSilent(second.step)) return false
    return History.fits(second.step, first.before) && comesBefore(second, first, wanted)
  }

  /**
   * Whether a silent change that is not demanded yet was worth taking: it may lead to a state that was seen, or have
   * made room for a step that had none (the wanted one, or one that has to come before it), or be over again when there
   * is room for it no longer.
   */
  #leadsOn({ passed, state, progress }: Position, { before, place, step }: Taking): boolean {
    const { place: wanted, underWay } = this.#events[passed]!
    if (stepsAhead(progress, place).some((later) => isSilent(later) && frees(later))) return true
    const hadNoRoom = (other: Place) => {
      const next = other.deed.steps[done(progress, other)]
      return other !== place && next !== undefined && !History.fits(next, before)
    }
    if (frees(step) && underWay.some(hadNoRoom)) return true
    const others = underWay.filter((other) => other !== wanted)
    const ahead = others.map((other) => silently(stepsAhead(progress, other)))
    return canReach(state, ahead, targets(progress, underWay))
  }

  /** Whether everything that was seen by those under way can still come to pass. */
  #leavesRoom({ passed, state, progress }: Position): boolean {
    const { underWay } = this.#events[passed]!
    return underWay.every((seer) => {
      const seen = targets(progress, [seer])
      if (seen.length === 0 || seer.answer === null) return true
      const called = this.#events.slice(passed, seer.answer).filter(({ kind }) => kind === "call")
      const ahead = underWay.filter((other) => other !== seer).map((other) => stepsAhead(progress, other))
      const all = [...ahead, ...called.map(({ place }) => place.deed.steps)]
      return canReach(state, all.map(changes), seen)
    })
  }
}

const stepsAhead = (progress: string, place: Place): ReadonlyArray<History.Step> =>
  place.deed.steps.slice(done(progress, place))

const changes = (steps: ReadonlyArray<History.Step>): ReadonlyArray<History.Step> =>
  steps.filter((step) => !History.looksOnly(step))

/** The step that is wanted first, then those that make units available, then by their answers. */
const comesBefore = (one: Taking, other: Taking, wanted: Place): boolean => {
  if (one.place === wanted || other.place === wanted) return one.place === wanted
  if (frees(one.step) !== frees(other.step)) return frees(one.step)
  return one.place.due === other.place.due ? one.place.slot < other.place.slot : one.place.due < other.place.due
}

/** Up to the first that shows what it saw. */
const silently = (steps: ReadonlyArray<History.Step>): ReadonlyArray<History.Step> => {
  const end = steps.findIndex((step) => !isSilent(step))
  return end === -1 ? steps : steps.slice(0, end)
}

/** States in which some step under way that shows what it saw could be taken. */
const targets = (progress: string, underWay: ReadonlyArray<Place>): ReadonlyArray<Target> =>
  underWay.flatMap((place): ReadonlyArray<Target> => {
    const step = place.deed.steps[done(progress, place)]
    if (step === undefined || isSilent(step)) return []
    if (step.shown === null) return [{ available: step.available!, reserved: null }]
    const reserved = step.shown.reserved - step.reserved
    return [{ available: step.shown.onHand - step.onHand - reserved, reserved }]
  })

const shown = ({ onHand, reserved }: History.State): string => `${onHand} on hand, ${reserved} reserved`

export const check = (
  { product, start, deeds }: Pick<History.History, "product" | "start" | "deeds">,
  searchMax = SEARCH_MAX,
): Verdict => {
  const events = eventsOf(deeds)
  const search = new Search(events)
  const passed = search.run(start, searchMax)
  const { searched, furthest } = search
  if (passed === true) return { _tag: "Linearizable", searched }
  const name = events[furthest]?.place.deed.name ?? "the end"
  if (passed === null)
    return { _tag: "Undecided", why: `${product}: more than ${searchMax} positions, none beyond ${name}`, searched }
  const states = [...new Set(search.states.map(shown))].slice(0, 6).join(" | ")
  const why = `${product}: nothing explains the answer of ${name}; before it there could be: ${states}`
  return { _tag: "Impossible", why, searched }
}
