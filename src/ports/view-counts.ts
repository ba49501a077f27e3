/** How often products were looked at, as it is kept. Nothing is decided by it, and nothing is lost with it but a number. */
import { Context, Effect } from "effect"
import type { ProductId } from "../domain/ids.ts"
import type { Unavailable } from "./failures.ts"

export interface Views {
  readonly productId: ProductId
  readonly views: number
}

export interface ViewCountsService {
  /** Adds to what is kept, all or nothing. Not to be repeated when the outcome is unknown: it would count twice. */
  readonly add: (counts: ReadonlyArray<Views>) => Effect.Effect<void, Unavailable>
  readonly of: (productId: ProductId) => Effect.Effect<number, Unavailable>
}

/** Where nothing keeps them, none were seen. */
export const ViewCounts = Context.Reference<ViewCountsService>("jaego/ports/ViewCounts", {
  defaultValue: () => ({ add: () => Effect.void, of: () => Effect.succeed(0) }),
})
