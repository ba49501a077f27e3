/** What a load has received: answers by status, latencies, silences. */
import type { Measured } from "./load.ts"

export class Tally {
  readonly #statuses: Record<string, number> = {}
  readonly #latencies: Array<number> = []
  readonly #begin: number
  readonly #end: number
  #placed = 0
  #placedInTime = 0
  #broken = 0
  #placedAt: number | null = null
  #silenceMs = 0

  /** What is answered before `begin` or after `end` is not counted in the rate; latencies are of orders due since `begin`. */
  constructor(begin: number, end: number) {
    this.#begin = begin
    this.#end = end
  }

  answered(status: string, latencyMs: number, now: number): void {
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1
    if (now - latencyMs >= this.#begin) this.#latencies.push(latencyMs)
    if (status !== "201" && status !== "202") return
    this.#placed++
    if (now >= this.#begin && now <= this.#end) this.#placedInTime++
    if (this.#placedAt !== null) this.#silenceMs = Math.max(this.#silenceMs, now - this.#placedAt)
    this.#placedAt = now
  }

  /** A connection was lost with an order under way. */
  broke(): void {
    this.#broken++
  }

  /** `waiting`: for how long those have waited that got no answer; it counts as theirs. */
  measured(seconds: number, waiting: ReadonlyArray<number>): Omit<Measured, "isSoldOut"> {
    const sorted = Float64Array.from([...this.#latencies, ...waiting]).sort()
    const quantile = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0
    const last = this.#placedAt === null ? 0 : this.#end - this.#placedAt
    return {
      seconds,
      placed: this.#placed,
      perSecond: this.#placedInTime / seconds,
      statuses: this.#statuses,
      broken: this.#broken,
      unanswered: waiting.length,
      silenceMs: Math.max(this.#silenceMs, last),
      ...{ p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999) },
    }
  }
}
