/**
 * The words of the API: every field, with its bound, as it is written in requests and answers.
 *
 * Why it exists: what a body may hold is decided here and nowhere else, and the OpenAPI document is made from it.
 * Law: text is never stored that the database cannot store: no NUL or other control characters, no lone surrogates.
 * Ids are taken in either case and become lower case, because lanes are read from their digits.
 */
import { Schema, SchemaTransformation } from "effect"
import { OrderId, ProductId } from "../../domain/ids.ts"
import { isCurrency, MAX_PRICE } from "../../domain/money.ts"
import { isNormal } from "../../domain/name.ts"
import { LINES_MAX } from "../../domain/order-lines.ts"
import { NAME_MAX, SKU_MAX } from "../../domain/product.ts"
import * as ProductWords from "../../domain/product-words.ts"
import { MAX_ON_HAND, MAX_PER_LINE } from "../../domain/quantity.ts"
import * as Clean from "../../domain/text.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Text of `minimum`..`maximum` code points without control characters. */
const text = (minimum: number, maximum: number) =>
  Schema.String.check(
    Schema.isMinCodePoints(minimum),
    Schema.isMaxCodePoints(maximum),
    Schema.makeFilter(Clean.isClean, {
      expected: "text without control characters",
      // Without the surrogates, which JSON Schema's regular expressions cannot name.
      toJsonSchema: () => ({ pattern: "^[^\\u0000-\\u001F\\u007F-\\u009F]*$" }),
    }),
  )

/** A name of `minimum`..`maximum` code points in its normal form. */
const name = (minimum: number, maximum: number) =>
  Schema.String.check(
    Schema.isMinCodePoints(minimum),
    Schema.isMaxCodePoints(maximum),
    Schema.makeFilter(isNormal, {
      expected: "a name in its composed form (NFC), without spaces around it and without invisible characters",
      toJsonSchema: () => ({ pattern: "^\\S(.*\\S)?$" }),
    }),
  )

/** Text that matches; the message for other text says what is expected, in words. */
export const matching = (pattern: RegExp, expected: string) =>
  Schema.makeFilter((value: string) => pattern.test(value), {
    expected,
    toJsonSchema: () => ({ pattern: pattern.source }),
  })

const anyCase = SchemaTransformation.toLowerCase()
const Uuid = Schema.String.check(Schema.isUUID())

/** Ids as callers write them. */
export const ProductIdText = Uuid.pipe(Schema.decodeTo(ProductId, anyCase))
export const OrderIdText = Uuid.pipe(Schema.decodeTo(OrderId, anyCase))
export const ImportIdText = Uuid.pipe(Schema.decodeTo(Schema.String, anyCase))

/** Long enough for any shop's own numbering. */
export const Sku = name(1, SKU_MAX)
export const Name = text(1, NAME_MAX)
/** What products are searched for. */
export const Search = text(1, 128).check(
  Schema.makeFilter((value: string) => ProductWords.of(value) !== null, {
    expected: `words, one of at least ${ProductWords.SHORTEST} characters`,
    toJsonSchema: () => ({ pattern: "\\\\S{2}" }),
  }),
)
export const CustomerId = name(1, 128)
export const Reason = text(1, 500)
export const Quantity = between(1, MAX_PER_LINE)
export const OnHand = between(0, MAX_ON_HAND)
export const Delta = between(-MAX_ON_HAND, MAX_ON_HAND).check(
  Schema.makeFilter((value: number) => value !== 0, {
    expected: "a change that is not zero",
    toJsonSchema: () => ({ not: { const: 0 } }),
  }),
)
export const PurchaseLimit = between(1, MAX_ON_HAND)
export const Currency = Schema.String.check(
  Schema.isBetweenLength(3, 3),
  matching(/^[A-Z]{3}$/, "a currency of three capital letters"),
  Schema.makeFilter(isCurrency, { expected: "a currency of ISO 4217", toJsonSchema: () => ({}) }),
)
/** A payment token is opaque; it only has to fit in a provider's header. */
export const Token = Schema.String.check(
  Schema.isBetweenLength(1, 255),
  matching(/^[!-~]+$/, "printable ASCII without spaces"),
)
/** Spaces only inside: HTTP trims those around a header's value. No comma: it is two keys that were joined on the way. */
export const IdempotencyKey = Schema.String.check(
  Schema.isBetweenLength(1, 255),
  matching(/^[!-+\--~]([ -+\--~]*[!-+\--~])?$/, "printable ASCII without commas"),
)

/** Of reads that a replica may answer: checked, and taken out, before any route is asked (`positions.ts`). */
export const position = { "jaego-position": Schema.optionalKey(Schema.String) }

/** Rows a page may hold, and how many it holds by default. */
export const LIMIT = { maximum: 100, default: 20 }
export const Limit = Schema.String.check(matching(/^([1-9]\d?|100)$/, "a whole number from 1 to 100"))
/** Opaque; longer than any cursor we hand out. */
export const Cursor = Schema.String.check(Schema.isBetweenLength(1, 512), matching(/^[A-Za-z0-9_-]+$/, "a cursor"))

export const Price = Schema.Struct({ amount: between(0, MAX_PRICE), currency: Currency })

export const Status = Schema.Literals([
  "reserved",
  "paid",
  "shipped",
  "delivered",
  "cancelled",
  "expired",
  "payment_failed",
])

/** Bodies of requests. */
export const NewProduct = Schema.Struct({
  sku: Sku,
  name: Name,
  price: Price,
  onHand: OnHand,
  purchaseLimit: Schema.optionalKey(Schema.NullOr(PurchaseLimit)),
})
/** What is named is set, what is not stays. */
export const ProductEdit = Schema.Struct({
  name: Schema.optionalKey(Name),
  price: Schema.optionalKey(Price),
  purchaseLimit: Schema.optionalKey(Schema.NullOr(PurchaseLimit)),
  archived: Schema.optionalKey(Schema.Boolean),
}).check(
  Schema.makeFilter((edit: object) => Object.keys(edit).length > 0, {
    expected: "at least one of name, price, purchaseLimit and archived",
    toJsonSchema: () => ({ minProperties: 1 }),
  }),
)
export const Arrival = Schema.Struct({ quantity: Quantity })
export const Adjustment = Schema.Struct({ delta: Delta, reason: Reason })
/** Whether a declined attempt ends the order, or another may follow while its hold lives. */
const OnDecline = Schema.optionalKey(Schema.Literals(["release", "keep"]))
export const NewOrder = Schema.Struct({
  customerId: CustomerId,
  lines: Schema.Array(Schema.Struct({ productId: ProductIdText, quantity: Quantity })).check(
    Schema.isMinLength(1),
    Schema.isMaxLength(LINES_MAX),
  ),
  payment: Schema.optionalKey(
    Schema.Union([Schema.Literal("later"), Schema.Struct({ token: Token, onDecline: OnDecline })]),
  ),
})
export const NewPayment = Schema.Struct({ token: Schema.optionalKey(Token), onDecline: OnDecline })
export const Cancellation = Schema.Struct({ reason: Schema.optionalKey(Reason) })
/** A time as a caller writes it. */
export const Moment = Schema.String.check(
  Schema.makeFilter((value: string) => Rfc3339.parse(value) !== null, {
    expected: "a time of 1970 to 2100 as RFC 3339 writes it",
    toJsonSchema: () => ({ format: "date-time" }),
  }),
)
export const CarrierCallback = Schema.Struct({
  id: text(1, 128),
  type: Schema.Literals(["collected", "delivered"]),
  orderId: OrderIdText,
  trackingId: text(1, 128),
  at: Moment,
})

/** What answers show. Times are RFC 3339, UTC. */
export const Time = Schema.String.annotate({ format: "date-time" })
export const Id = Schema.String.annotate({ format: "uuid" })
export const Money = Schema.Struct({ amount: Schema.Int, currency: Schema.String })

export const ProductView = Schema.Struct({
  id: Id,
  sku: Schema.String,
  name: Schema.String,
  price: Money,
  purchaseLimit: Schema.NullOr(Schema.Int),
  createdAt: Time,
  /** Of the product, apart from that of its stock: 1, and one more with each edit. */
  version: Schema.Int,
  archived: Schema.Boolean,
}).annotate({ identifier: "Product" })
export type ProductView = typeof ProductView.Type

export const ViewsView = Schema.Struct({ productId: Id, views: Schema.Int }).annotate({ identifier: "Views" })

export const StockView = Schema.Struct({
  productId: Id,
  onHand: Schema.Int,
  reserved: Schema.Int,
  available: Schema.Int,
  version: Schema.Int,
}).annotate({ identifier: "Stock" })
export type StockView = typeof StockView.Type

/** As it is read: `held` are units in orders that are not paid yet, of which the first may come back at `nextReleaseAt`. */
export const StockNowView = Schema.Struct({
  ...StockView.fields,
  held: Schema.Int,
  nextReleaseAt: Schema.NullOr(Time),
}).annotate({ identifier: "StockNow" })
export type StockNowView = typeof StockNowView.Type

export const MovementView = Schema.Struct({
  productId: Id,
  version: Schema.Int,
  type: Schema.Literals([
    "created",
    "received",
    "adjusted",
    "reserved",
    "released",
    "expired",
    "confirmed",
    "restocked",
  ]),
  onHandDelta: Schema.Int,
  reservedDelta: Schema.Int,
  onHand: Schema.Int,
  reserved: Schema.Int,
  orderId: Schema.NullOr(Id),
  reason: Schema.NullOr(Schema.String),
  at: Time,
}).annotate({ identifier: "Movement" })
export type MovementView = typeof MovementView.Type

export const OrderView = Schema.Struct({
  id: Id,
  status: Status,
  customerId: Schema.String,
  lines: Schema.Array(Schema.Struct({ productId: Id, quantity: Schema.Int, unitPrice: Money })),
  total: Money,
  createdAt: Time,
  expiresAt: Time,
}).annotate({ identifier: "Order" })
export type OrderView = typeof OrderView.Type

const PaymentView = Schema.Struct({
  status: Schema.Literals([
    ...["none", "pending", "action-required", "declined", "authorized", "charged", "voided", "refunded"],
  ] as const),
  attempts: Schema.Int,
  lastError: Schema.NullOr(Schema.String),
  action: Schema.optionalKey(
    Schema.Struct({
      kind: Schema.String,
      url: Schema.optionalKey(Schema.String),
      clientSecret: Schema.optionalKey(Schema.String),
    }),
  ),
  /** When it can be charged, where it waits for others or for the provider. */
  eta: Schema.optionalKey(Time),
})

/** An order whose payment goes on in the background; `payment` says when, where that is foreseen. */
export const ReservedOrderView = Schema.Struct({
  ...OrderView.fields,
  payment: Schema.optionalKey(PaymentView),
}).annotate({ identifier: "ReservedOrder" })
export type ReservedOrderView = typeof ReservedOrderView.Type

/** An order as it stands now: what was tried to get its money, what is owed back, in minor units of its total. */
export const OrderDetailView = Schema.Struct({
  ...OrderView.fields,
  /** Why it was cancelled; null: no reason was given. Of other orders there is none. */
  cancelReason: Schema.optionalKey(Schema.NullOr(Schema.String)),
  payment: PaymentView,
  refund: Schema.Struct({ due: Schema.Int, done: Schema.Int }),
}).annotate({ identifier: "OrderDetail" })
export type OrderDetailView = typeof OrderDetailView.Type

export const TimelineView = Schema.Struct({
  data: Schema.Array(
    Schema.Struct({
      id: Id,
      type: Schema.String,
      at: Time,
      version: Schema.optionalKey(Schema.Int),
      detail: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
    }),
  ),
}).annotate({ identifier: "Timeline" })
export type TimelineView = typeof TimelineView.Type

const Level = Schema.Struct({ onHand: Schema.Int, reserved: Schema.Int, available: Schema.Int })
const Lane = Schema.Int
const TraceId = Schema.NullOr(Schema.String)
/** Units that count against the limit. */
const Counted = Schema.Struct({ limit: Schema.Int, counted: Schema.Int })
const explainedLine = { productId: Id, lane: Lane, quantity: Schema.Int }

export const ExplainedView = Schema.Struct({
  orderId: Id,
  outcome: Schema.Literal("accepted"),
  lane: Lane,
  /** Of its first fact in the lane. Null: that has left the outbox, as has what is said of the batch. */
  sequence: Schema.NullOr(Schema.Int),
  /** The commit it shared; place and size among the orders of its lane. */
  batch: Schema.NullOr(Schema.Struct({ id: Schema.String, place: Schema.Int, size: Schema.Int })),
  decidedAt: Time,
  committedAt: Schema.NullOr(Time),
  traceId: TraceId,
  lines: Schema.Array(
    Schema.Struct({
      ...explainedLine,
      version: Schema.Int,
      stock: Schema.Struct({ before: Level, after: Level }),
      purchaseLimit: Schema.NullOr(Counted),
    }),
  ),
}).annotate({ identifier: "ExplainedOrder" })
export type ExplainedView = typeof ExplainedView.Type

export const RefusedView = Schema.Struct({
  requestId: Schema.String,
  outcome: Schema.Literal("refused"),
  at: Time,
  /** As it was answered. */
  code: Schema.String,
  detail: Schema.String,
  traceId: TraceId,
  lines: Schema.Array(
    Schema.Struct({
      ...explainedLine,
      /** What the refusal was decided on, of the line that it is about; it changed nothing. */
      available: Schema.optionalKey(Schema.Int),
      purchaseLimit: Schema.optionalKey(Counted),
    }),
  ),
}).annotate({ identifier: "RefusedOrder" })
export type RefusedView = typeof RefusedView.Type

/** A page of a list, newest first. `nextCursor` is null at the end. */
export const pageOf = <Row extends Schema.Top>(row: Row, identifier: string) =>
  Schema.Struct({
    data: Schema.Array(row),
    hasMore: Schema.Boolean,
    nextCursor: Schema.NullOr(Schema.String),
  }).annotate({ identifier })
