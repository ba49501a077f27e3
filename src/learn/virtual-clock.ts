/** A clock that runs only when all fibers wait: the same program has the same interleaving each time, in no time. */
export class VirtualClock {
  #now = 0
  #count = 0
  readonly #sleepers: Array<{ readonly at: number; readonly order: number; readonly wake: () => void }> = []

  get now(): number {
    return this.#now
  }

  /** Resolves when so many virtual milliseconds have passed. */
  pause(ms: number): Promise<void> {
    return new Promise((wake) => void this.#sleepers.push({ at: this.#now + ms, order: this.#count++, wake }))
  }

  /** Runs all to its end: the earliest sleeper wakes, and does what it can before the next. */
  async run<A>(programs: ReadonlyArray<Promise<A>>): Promise<ReadonlyArray<A>> {
    for (;;) {
      // What has been woken goes on until it waits for the clock again.
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.#sleepers.toSorted((a, b) => a.at - b.at || a.order - b.order)[0]
      if (next === undefined) return Promise.all(programs)
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1)
      this.#now = next.at
      next.wake()
    }
  }
}
