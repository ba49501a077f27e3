/**
 * What loads looked for and did not find, as one command knows it: one set a load, shared by all that waited for it.
 *
 * Why it exists: hundreds of orders that name a hundred unknown products each may share a load. A set of its own for each of
 * them would take the square of that, in one go, and nothing else would be decided meanwhile (I12).
 */
export class Absent {
  readonly #ids: ReadonlySet<string>
  readonly #earlier: Absent | null

  /** `earlier`: of the loads before, which may have brought what made this one necessary. */
  constructor(ids: ReadonlySet<string>, earlier: Absent | null) {
    this.#ids = ids
    this.#earlier = earlier
  }

  has(id: string): boolean {
    return this.#ids.has(id) || (this.#earlier?.has(id) ?? false)
  }
}
