/**
 * Calls under way, the oldest first (an intrusive linked list). With one time limit for all that is the order of their deadlines, so
 * that one timer, for the oldest, keeps them all. One that ends leaves in constant time, and nothing is kept of it.
 */

/** What is in the list has its place with itself. */
export interface Timed {
  previous: Timed | null
  next: Timed | null
}

export class Deadlines<Item extends Timed> {
  #oldest: Item | null = null
  #newest: Item | null = null

  get oldest(): Item | null {
    return this.#oldest
  }

  add(item: Item): void {
    item.previous = this.#newest
    item.next = null
    if (this.#newest === null) this.#oldest = item
    else this.#newest.next = item
    this.#newest = item
  }

  /** One that is in it. */
  remove(item: Item): void {
    // All that is linked was added, and so is an Item.
    const { next, previous } = item as { readonly next: Item | null; readonly previous: Item | null }
    if (previous === null) this.#oldest = next
    else previous.next = next
    if (next === null) this.#newest = previous
    else next.previous = previous
    item.previous = null
    item.next = null
  }
}
