/**
 * Unread answers: how much of what was answered the peers have not taken yet, and what becomes of a peer that does not take it
 * (a write timeout, and eviction of the slowest reader).
 *
 * Why it exists: what the system does not take is kept by the process, and a peer that asks and never reads could fill it.
 * Limits: `UNREAD_MS` for one answer, `UNREAD_BYTES` for all of them; beyond either a connection is closed.
 */
import type { ServerResponse } from "node:http"

/** How long a peer may take to read an answer (ms): a page of 100 large orders (1.2 MB) at 320 kbit/s. */
export const UNREAD_MS = 30_000

/** Bytes of all answers that are not read: some fifty of the largest pages. */
export const UNREAD_BYTES = 64 * 1_024 * 1_024

export type Cut = "unread-time" | "unread-bytes"

interface Unread {
  readonly bytes: number
  readonly timer: NodeJS.Timeout
}

export class UnreadAnswers {
  readonly #cut: (response: ServerResponse, why: Cut) => void
  readonly #max: number
  /** In the order in which they were given. */
  readonly #answers = new Map<ServerResponse, Unread>()
  #bytes = 0

  /** `max`: this server's share of `UNREAD_BYTES`. */
  constructor(cut: (response: ServerResponse, why: Cut) => void, max = UNREAD_BYTES) {
    this.#cut = cut
    this.#max = max
  }

  /** As they were when they were given; some may have been read since. */
  get bytes(): number {
    return this.#bytes
  }

  /** `bytes` of it the system has not taken at once. */
  add(response: ServerResponse, bytes: number): void {
    const timer = setTimeout(() => this.#cut(response, "unread-time"), UNREAD_MS)
    this.#answers.set(response, { bytes, timer })
    this.#bytes += bytes
    for (const slowest of this.#answers.keys()) {
      if (this.#bytes <= this.#max) return
      this.delete(slowest)
      this.#cut(slowest, "unread-bytes")
    }
  }

  /** It was read, or its connection is closed. */
  delete(response: ServerResponse): void {
    if (this.#answers.size === 0) return
    const unread = this.#answers.get(response)
    if (unread === undefined) return
    clearTimeout(unread.timer)
    this.#answers.delete(response)
    this.#bytes -= unread.bytes
  }
}
