/**
 * The outlook of a product: units in orders that are not paid yet, and when the first of them may come back. For buyers to read;
 * nothing is decided by it.
 *
 * Limits: a second old at most, so that the refusals of a product that is sold out ask the database once a second; an answer waits
 * for it for PATIENCE at most, and is given without it then.
 */
import { Cache, Effect, Option } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import type { Unavailable } from "../../ports/failures.ts"
import { type Outlook, Refused } from "../../ports/inventory.ts"
import type { OrderBook } from "../../ports/order-book.ts"

/** Products of which it is kept. */
const PRODUCTS_MAX = 1_000

const PATIENCE = "100 millis"

export const make = Effect.fnUntraced(function* (orderBook: OrderBook["Service"]) {
  const cache = yield* Cache.make({
    capacity: PRODUCTS_MAX,
    timeToLive: "1 second",
    // Read to its end though one that waits for it has gone.
    lookup: (id: ProductId) => orderBook.outlook(id),
  })
  const waited = (id: ProductId): Effect.Effect<Outlook | null> =>
    Effect.catch(
      Effect.timeoutOrElse(Cache.get(cache, id), { duration: PATIENCE, orElse: () => Effect.succeed(null) }),
      () => Effect.succeed(null),
    )
  /** Null: it is not to be had now. What is there is taken without a timer: thousands are refused while one reads. */
  const of = (id: ProductId): Effect.Effect<Outlook | null> =>
    Effect.flatMap(Cache.getSuccess(cache, id), (known) =>
      Option.isSome(known) ? Effect.succeed(known.value) : waited(id),
    )
  /** A shortage with its outlook. */
  const withOutlook = <A>(selling: Effect.Effect<A, Refused | Unavailable>): Effect.Effect<A, Refused | Unavailable> =>
    Effect.catchTag(selling, "Refused", (refused) =>
      refused.rejection._tag === "InsufficientStock" ? foreseen(refused.rejection) : Effect.fail(refused),
    )
  const foreseen = (rejection: Extract<Refused["rejection"], { readonly _tag: "InsufficientStock" }>) =>
    Effect.flatMap(of(rejection.productId), (outlook) => Effect.fail(new Refused({ ...rejection, ...outlook })))
  return { of, withOutlook }
})
