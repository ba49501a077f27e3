/**
 * Top: the keys with the largest sums, in bounded memory (a sketch of the space-saving kind, after Metwally et al.). When twice as many
 * keys are there as places, the smaller half goes, and a key that is new afterwards begins at the largest sum that went: a sum is at most
 * that much too large, and a key that has more than one `places`-th of everything is always there.
 *
 * Limits: twice `places` keys. An addition is a look-up; each `places`-th key that is new sorts all.
 */
export class Top<Key> {
  readonly #places: number
  #sums = new Map<Key, number>()
  /** The largest sum that went. */
  #floor = 0

  constructor(places: number) {
    this.#places = places
  }

  add(key: Key, amount: number): void {
    this.#sums.set(key, (this.#sums.get(key) ?? this.#floor) + amount)
    if (this.#sums.size > 2 * this.#places) this.#cut()
  }

  #cut(): void {
    const sorted = this.#sorted()
    this.#sums = new Map(sorted.slice(0, this.#places))
    this.#floor = sorted[this.#places]![1]
  }

  /** The largest first. */
  first(count: number): ReadonlyArray<readonly [Key, number]> {
    return this.#sorted().slice(0, Math.min(count, this.#places))
  }

  #sorted(): ReadonlyArray<readonly [Key, number]> {
    return [...this.#sums].toSorted(([, a], [, b]) => b - a)
  }
}
