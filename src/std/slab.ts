/**
 * A generational slab: things under way, each under a ticket of its own until it is taken out again.
 *
 * Why it exists: entries that come and go by the thousand make a Map or Set allocate its table anew again and again, and V8
 * promotes the successor of an old table at once. Each dead table then keeps all of its entries alive until the next full
 * collection, a whole request each. A slot of the slab is only emptied.
 */

/** Slab there may be at once; a ticket is a slot's place and how often it was used before. */
const SPAN = 2 ** 20

export class Slab<Thing extends object> {
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
