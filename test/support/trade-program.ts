/**
 * Programs of a day's trade: rounds of calls that are made all at once, with time passing between the rounds.
 *
 * Small numbers on purpose (few products, customers and keys): calls have to get in each other's way.
 */
import fc from "fast-check"

export interface Line {
  readonly product: number
  readonly quantity: number
}

/** `product`, `order` and `key` are numbers that the run maps to real ones; an order number counts placements. */
export type Op =
  | { readonly op: "create"; readonly sku: number; readonly onHand: number; readonly key: number | null }
  | { readonly op: "receive"; readonly product: number; readonly quantity: number; readonly key: number | null }
  | { readonly op: "adjust"; readonly product: number; readonly delta: number; readonly key: number | null }
  | { readonly op: "read"; readonly product: number }
  | {
      readonly op: "place"
      readonly customer: number
      readonly lines: ReadonlyArray<Line>
      readonly token: string | null
      readonly answer: "wait" | "async"
      readonly key: number
    }
  | { readonly op: "pay"; readonly order: number; readonly token: string; readonly key: number | null }
  | { readonly op: "cancel"; readonly order: number; readonly key: number | null }

export interface Shelf {
  readonly onHand: number
  readonly purchaseLimit: number | null
}

export interface Program {
  readonly workers: number
  readonly seed: number
  readonly shelves: ReadonlyArray<Shelf>
  readonly rounds: ReadonlyArray<{ readonly ops: ReadonlyArray<Op>; readonly restMs: number }>
}

const token = fc.constantFrom(
  "tok_ok",
  "tok_ok",
  "tok_decline",
  "tok_delay_300",
  "tok_delay_6000",
  "tok_unknown_charged",
  "tok_unknown_declined",
)

const opOf = (products: number): fc.Arbitrary<Op> => {
  const product = fc.nat(products)
  const key = fc.option(fc.nat(3), { freq: 2 })
  const line = fc.record({
    product: fc.oneof({ weight: 12, arbitrary: fc.nat(products - 1) }, product),
    quantity: fc.integer({ min: 1, max: 4 }),
  })
  const place = fc.record({
    op: fc.constant("place" as const),
    customer: fc.nat(1),
    lines: fc.array(line, { minLength: 1, maxLength: 3 }),
    token: fc.option(token, { freq: 2 }),
    answer: fc.constantFrom("wait" as const, "async" as const),
    key: fc.nat(15),
  })
  return fc.oneof(
    { weight: 8, arbitrary: place },
    {
      weight: 2,
      arbitrary: fc.record({
        op: fc.constant("receive" as const),
        product,
        quantity: fc.integer({ min: 1, max: 5 }),
        key,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        op: fc.constant("adjust" as const),
        product,
        delta: fc.integer({ min: -4, max: 4 }),
        key,
      }),
    },
    { weight: 2, arbitrary: fc.record({ op: fc.constant("read" as const), product }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant("create" as const), sku: fc.nat(2), onHand: fc.nat(5), key }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant("pay" as const), order: fc.nat(12), token, key }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant("cancel" as const), order: fc.nat(12), key }) },
  )
}

const shelf: fc.Arbitrary<Shelf> = fc.record({
  onHand: fc.nat(20),
  purchaseLimit: fc.option(fc.integer({ min: 1, max: 5 }), { freq: 2 }),
})

/** Every other call of a round comes once more in the next: the very same request under the very same key. */
const repeating = (rounds: Program["rounds"]): Program["rounds"] =>
  rounds.map(({ ops, restMs }, index) => {
    const before = rounds[index - 1]?.ops ?? []
    return { ops: [...before.filter((_, each) => each % 2 === 0), ...ops], restMs }
  })

/** With this many workers. */
export const program = (workers: fc.Arbitrary<number>, roundsMax = 6): fc.Arbitrary<Program> =>
  fc.integer({ min: 1, max: 4 }).chain((products) =>
    fc.record({
      workers,
      seed: fc.integer({ min: 1, max: 1_000_000 }),
      shelves: fc.array(shelf, { minLength: products, maxLength: products }),
      rounds: fc
        .array(
          fc.record({
            ops: fc.array(opOf(products), { minLength: 1, maxLength: 12 }),
            restMs: fc.constantFrom(0, 0, 10, 400, 3_000, 20_000),
          }),
          { minLength: 1, maxLength: roundsMax },
        )
        .map(repeating),
    }),
  )
