/**
 * Time series in memory: one number a second and name, for an hour (a round-robin database).
 *
 * Limits: HOUR numbers of four bytes a name, whatever happens.
 */

/** Seconds that are kept. */
export const HOUR = 3_600

export class Series<Name extends string> {
  readonly #columns: Readonly<Record<Name, Float32Array>>
  readonly #names: ReadonlyArray<Name>
  /** The newest second that was written, since 1970; null: none. */
  #newest: number | null = null
  #oldest = 0

  constructor(names: ReadonlyArray<Name>) {
    this.#names = names
    this.#columns = Object.fromEntries(names.map((name) => [name, new Float32Array(HOUR)])) as never
  }

  /** Seconds that were left out (a process that stood still) are zero. */
  put(second: number, values: Readonly<Record<Name, number>>): void {
    if (this.#newest !== null && second <= this.#newest) return
    if (this.#newest === null || second - this.#newest >= HOUR) this.#oldest = second
    else for (let left = this.#newest + 1; left < second; left++) this.#write(left, null)
    this.#write(second, values)
    this.#newest = second
    this.#oldest = Math.max(this.#oldest, second - HOUR + 1)
  }

  /** From a second on: the first one there is, and of each name all numbers from there. */
  since(second: number): { readonly from: number; readonly values: Readonly<Record<Name, ReadonlyArray<number>>> } {
    const newest = this.#newest ?? -1
    const from = Math.max(second, this.#newest === null ? 0 : this.#oldest)
    const length = Math.max(0, newest - from + 1)
    const values = Object.fromEntries(
      this.#names.map((name) => [
        name,
        Array.from({ length }, (_, index) => rounded(this.#columns[name][(from + index) % HOUR]!)),
      ]),
    )
    return { from, values: values as never }
  }

  #write(second: number, values: Readonly<Record<Name, number>> | null): void {
    for (const name of this.#names) this.#columns[name][second % HOUR] = values?.[name] ?? 0
  }
}

/** Three digits are all that a curve shows. */
const rounded = (value: number): number => Number(value.toPrecision(3))
