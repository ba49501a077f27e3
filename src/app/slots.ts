/**
 * Slots: things under way, each under a ticket of its own until it is taken out again.
 *
 * Why it exists: what comes and goes by the thousand makes the table of a Map or Set anew again and again, and V8 puts the
 * successor of an old table among the old as well. Each dead table then keeps everything alive that was in it until the next
 * full collection, with all that hangs on it: a whole request each. A slot is only emptied.
 */

/** Slots there may be at once; a ticket is a slot's place and how often it was used before. */
const SPAN = 2 ** 20

export class Slots<Thing extends object> {
  readonly #things: Array<Thing | undefined> = []
  readonly #tickets: Array<number> = []
  readonly #free: Array<number> = []

  put(thing: Thing): number {
    const place = this.#free.pop() ?? this.#things.length
    const ticket = place === this.#things.length ? place : this.#tickets[place]! + SPAN
    this.#things[place] = thing
    this.#tickets[place] = ticket
    return ticket
  }

  get(ticket: number): Thing | undefined {
    const place = ticket % SPAN
    return this.#tickets[place] === ticket ? this.#things[place] : undefined
  }

  /** Undefined: it was taken before. */
  take(ticket: number): Thing | undefined {
    const thing = this.get(ticket)
    if (thing === undefined) return undefined
    const place = ticket % SPAN
    this.#things[place] = undefined
    this.#free.push(place)
    return thing
  }

  /** All that are under way. */
  list(): ReadonlyArray<Thing> {
    return this.#things.filter((thing) => thing !== undefined)
  }
}
