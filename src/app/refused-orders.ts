/**
 * Refused orders: the newest refusals, by the id of the request. They leave no row anywhere; what they were decided on is kept in memory
 * for a while, so that a buyer who asks why can be answered.
 *
 * Limits: KEPT, a ring. A refusal is a few stores of what is there already, and nothing else of its request is kept alive. A look-up goes
 * through the whole ring, some milliseconds, which only people ask for.
 */
import type { Refused, RequestedLine } from "../ports/inventory.ts"

/** Some seconds of a sale that is sold out, hours of any other. About 40 MB when it is full. */
export const KEPT = 100_000

export interface RefusedOrder {
  readonly requestId: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly rejection: Refused["rejection"]
  readonly lines: ReadonlyArray<RequestedLine>
  /** W3C traceparent; null: it was not traced. */
  readonly trace: string | null
}

/** Of the request, what is kept with its refusal. */
export interface Asked {
  /** Undefined: it has none, and is not kept. */
  readonly requestId?: string | undefined
  readonly lines: ReadonlyArray<RequestedLine>
  readonly trace?: string | undefined
}

export class RefusedOrders {
  readonly #kept: number
  readonly #ids: Array<string> = []
  readonly #lines: Array<Asked["lines"]> = []
  readonly #traces: Array<string | undefined> = []
  readonly #rejections: Array<Refused["rejection"]> = []
  readonly #times: Float64Array
  #next = 0

  constructor(kept = KEPT) {
    this.#kept = kept
    this.#times = new Float64Array(kept)
  }

  /** `at`: ms since 1970. */
  note({ lines, requestId, trace }: Asked, rejection: Refused["rejection"], at: number): void {
    if (requestId === undefined) return
    const place = this.#next
    this.#ids[place] = requestId
    this.#lines[place] = lines
    this.#traces[place] = trace
    this.#rejections[place] = rejection
    this.#times[place] = at
    this.#next = (place + 1) % this.#kept
  }

  /** The newest of that id; null: it was not refused, or long ago, or by another process. */
  find(requestId: string): RefusedOrder | null {
    for (let back = 1; back <= this.#ids.length; back++) {
      const place = (this.#next - back + this.#kept) % this.#kept
      if (this.#ids[place] !== requestId) continue
      const trace = this.#traces[place] ?? null
      return {
        requestId,
        at: this.#times[place]!,
        rejection: this.#rejections[place]!,
        lines: this.#lines[place]!,
        trace,
      }
    }
    return null
  }
}
