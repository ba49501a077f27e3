/** Where several processes count together what clients and customers ask; null: each process counts for itself. */
import { Context } from "effect"

export interface Rate {
  readonly perSecond: number
  /** How much may come at once after a silence. */
  readonly burst: number
}

export interface Store {
  /**
   * `answer` is called once, later: how many more may come at once; below zero: none, and minus the milliseconds until one may;
   * null: the store is away or slow. A call and not an effect, because it is made for each request.
   */
  readonly take: (key: string, rate: Rate, answer: (left: number | null) => void) => void
}

export const RateLimitStore = Context.Reference<Store | null>("jaego/ports/RateLimitStore", {
  defaultValue: () => null,
})
