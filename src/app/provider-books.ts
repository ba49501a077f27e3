/**
 * The payment provider's books, read whole: one charge a key. Two charges under one key count together, which is a difference.
 *
 * Limits: CHARGES_MAX, some 40 MB. Fails: `BooksClosed` (it does not answer), `BooksTooLong`.
 */
import { Data, Effect, Schedule, Schema } from "effect"
import { OrderId } from "../domain/ids.ts"
import { type Charge, merged } from "../domain/reconciliation.ts"
import type { Listing } from "../ports/payment.ts"
import type { PaymentCalls } from "./payment-calls.ts"

export const CHARGES_MAX = 200_000

/** A page that was not shown is asked for again, a few times. */
const PAGE_RETRIES = { schedule: Schedule.spaced("1 second"), times: 5 }

export class BooksClosed extends Data.TaggedError("BooksClosed") {}
export class BooksTooLong extends Data.TaggedError("BooksTooLong") {}

const isOrderId = Schema.is(OrderId)

const page = (payment: PaymentCalls["Service"], since: number, after: string | null) =>
  payment.list(since, after).pipe(
    Effect.flatMap((said) => (said._tag === "Unknown" ? Effect.fail(new BooksClosed()) : Effect.succeed(said))),
    Effect.retry(PAGE_RETRIES),
  )

export const read = Effect.fnUntraced(function* (payment: PaymentCalls["Service"], since: number) {
  // A charge that is on two pages, because others were made meanwhile, is one.
  const byRef = new Map<string, Charge>()
  for (let after: string | null = null; ; ) {
    const { charges, next }: Extract<Listing, { readonly _tag: "Listed" }> = yield* page(payment, since, after)
    for (const charge of charges) byRef.set(charge.ref, charge)
    if (byRef.size > CHARGES_MAX) return yield* new BooksTooLong()
    if (next === null) break
    after = next
  }
  const charges = new Map<OrderId, Charge>()
  let foreign = 0
  for (const charge of byRef.values()) {
    const { key } = charge
    if (key === null || !isOrderId(key)) {
      foreign++
      continue
    }
    const same = charges.get(key)
    charges.set(key, same === undefined ? charge : merged(same, charge))
  }
  return { charges, foreign }
})
