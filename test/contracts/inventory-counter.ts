/** The counter of a shop: commands as a check says them, with everything filled in that it is not about. */
import { Effect } from "effect"
import type { CustomerId, OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import type { Product } from "../../src/domain/product.ts"
import { type Answer, type Claim, type Command, Inventory, type Rejection } from "../../src/ports/inventory.ts"
import { OrderBook } from "../../src/ports/order-book.ts"
import * as Scribe from "../support/scribe.ts"

export type Refused = { readonly refused: Rejection | string }

/** A hold that ends while a test waits for it (ms since 1970). */
export const soon = (): number => Date.now() + 200

/** A customer that has bought nothing yet. */
export const buyer = (): CustomerId => `buyer ${Scribe.freshId()}`

type Lines = ReadonlyArray<readonly [ProductId, number]>

interface More {
  readonly customerId?: CustomerId
  readonly claim?: Claim
  readonly token?: string
  readonly attemptsMax?: number
  readonly expiresAt?: number
}

const HOUR_MS = 3_600_000

/** What a provider may say of a first attempt. */
const RECORDS = {
  charged: { _tag: "RecordCharge" },
  declined: { _tag: "RecordDecline", attempt: 1, code: "insufficient_funds", retryable: true },
} as const

const placing = (lines: Lines, { attemptsMax = 1, claim, customerId, expiresAt, token }: More = {}) => {
  const home = Lane.home(lines.map(([productId]) => productId))
  const createdAt = Date.now()
  return {
    _tag: "PlaceOrder",
    orderId: Lane.place(Scribe.freshId(), home) as OrderId,
    customerId: customerId ?? buyer(),
    lines: lines.map(([productId, quantity]) => ({ productId, quantity })),
    held: [],
    token: token ?? null,
    attemptsMax,
    createdAt,
    expiresAt: expiresAt ?? createdAt + HOUR_MS,
    claim: claim ?? Scribe.claim(),
  } satisfies Command
}

/** Between two looks at what has not happened yet (ms). */
const LOOK_MS = 20

export const counter = Effect.gen(function* () {
  const inventory = yield* Inventory
  const orderBook = yield* OrderBook

  /** The answer, or the refusal as a value. */
  const ask = (command: Command): Effect.Effect<Answer | Refused> =>
    inventory
      .submit(command)
      .pipe(
        Effect.catch((error) =>
          Effect.succeed({ refused: error._tag === "Refused" ? error.rejection : error.reason } satisfies Refused),
        ),
      )

  /** The order that was answered with, or the refusal. */
  const order = (command: Command) =>
    Effect.map(ask(command), (answer) => {
      if ("refused" in answer) return answer
      if (answer.reply._tag !== "Order") throw new Error(`${command._tag} was answered with ${answer.reply._tag}`)
      return answer.reply.order
    })

  const place = (lines: Lines, more?: More) => order(placing(lines, more))

  const must = <A>(what: Effect.Effect<A | Refused>) =>
    Effect.map(what, (answer) => {
      if (typeof answer === "object" && answer !== null && "refused" in answer)
        throw new Error(`refused: ${JSON.stringify(answer.refused)}`)
      return answer as Exclude<A, Refused>
    })

  const startPayment = (orderId: OrderId, claim: Claim | null = null) =>
    order({ _tag: "StartPayment", orderId, token: "tok_test", claim })

  const record = (orderId: OrderId, outcome: keyof typeof RECORDS, claim: Claim | null = null) =>
    order({ _tag: "RecordPayment", orderId, record: RECORDS[outcome], expiresAt: Scribe.NOON, claim })

  return {
    ask,
    placing,
    place,
    placed: (lines: Lines, more?: More) => must(place(lines, more)),
    create: ({ onHand, ...rest }: Partial<Product> & { readonly onHand: number }) => {
      const product = Scribe.product(rest)
      const command = { _tag: "CreateProduct", product, onHand, claim: null } as const
      return Effect.as(must(ask(command)), product)
    },
    stock: ({ id }: { readonly id: ProductId }) =>
      Effect.map(must(ask({ _tag: "ReadStock", productId: id })), ({ reply }) => {
        if (reply._tag !== "Stock") throw new Error(`stock was answered with ${reply._tag}`)
        return reply.stock
      }),
    receive: (productId: ProductId, quantity: number, claim: Claim | null = null) =>
      ask({ _tag: "Receive", productId, quantity, claim }),
    adjust: (productId: ProductId, delta: number, claim: Claim | null = null) =>
      ask({ _tag: "Adjust", productId, delta, reason: "counted", claim }),
    /** A tentative hold of an order that is never placed. */
    hold: (productId: ProductId, quantity: number) => {
      const orderId = Lane.place(Scribe.freshId(), Lane.of(productId)) as OrderId
      const command: Command = {
        _tag: "HoldTentatively",
        orderId,
        customerId: buyer(),
        lines: [{ productId, quantity, lineNo: 0 }],
        lapsesAt: Date.now() + HOUR_MS,
        claim: Scribe.claim(),
      }
      return Effect.map(must(ask(command)), ({ reply }) => ({
        orderId,
        held: reply._tag === "Held" ? reply.lines : [],
      }))
    },
    /** The same lines, only asked for. */
    couldHold: (productId: ProductId, quantity: number) =>
      ask({
        ...{ _tag: "CheckLines", orderId: Lane.place(Scribe.freshId(), Lane.of(productId)) as OrderId },
        ...{ customerId: buyer(), lines: [{ productId, quantity }], claim: Scribe.claim() },
      }),
    endHolds: (orderId: OrderId, productId: ProductId, ending: "drop" | "lapse") =>
      must(ask({ _tag: "EndHolds", orderId, lane: Lane.of(productId), ending })),
    startPayment,
    record,
    /** To the end: charged. */
    paid: (orderId: OrderId) => Effect.andThen(must(startPayment(orderId)), must(record(orderId, "charged"))),
    cancel: (orderId: OrderId, claim: Claim | null = null) =>
      order({ _tag: "CancelOrder", orderId, reason: "no longer", claim }),
    expire: (orderId: OrderId, voided: "voided" | "not-voided") => order({ _tag: "ExpireOrder", orderId, voided }),
    refunded: (orderId: OrderId) => order({ _tag: "RecordRefund", orderId }),
    shipped: (orderId: OrderId) => order({ _tag: "RecordShipment", orderId }),
    delivered: (orderId: OrderId) => order({ _tag: "RecordDelivery", orderId }),
    /** Waits until the order's hold has ended. */
    expired: Effect.fnUntraced(function* (orderId: OrderId) {
      for (;;) {
        const found = yield* orderBook.get(orderId)
        if (found?.status === "expired") return
        yield* Effect.sleep(LOOK_MS)
      }
    }),
  }
})
