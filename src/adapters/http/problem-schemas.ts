/** Problems as the OpenAPI document shows them: one answer for each status, with the codes that its route can give. */
import { Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { UnavailableReason } from "../../ports/failures.ts"
import { type Code, kinds } from "./problem-kinds.ts"
import { CONTENT_TYPE } from "./problems.ts"
import { Status } from "./schemas.ts"

const fixed = {
  type: Schema.String,
  title: Schema.String,
  detail: Schema.String,
  requestId: Schema.String,
}

const unit = Schema.optionalKey(Schema.Int)
const id = Schema.optionalKey(Schema.String)

/** What comes beside the fixed members, by code. */
const extras: { readonly [C in Code]?: Schema.Struct.Fields } = {
  "insufficient-stock": { productId: id, available: unit },
  "stock-overflow": { productId: id, maximum: unit },
  "purchase-limit-exceeded": { productId: id, limit: unit, remaining: unit },
  "holds-per-customer": { productId: id, limit: unit },
  "purchase-limit-fixed": { productId: id, purchaseLimit: Schema.optionalKey(Schema.NullOr(Schema.Int)) },
  "product-archived": { productId: id },
  "product-changed": { productId: id, version: unit },
  "product-not-found": { productId: id },
  "order-not-found": { orderId: id },
  "import-not-found": { importId: id },
  "invalid-import": {
    line: Schema.optionalKey(Schema.NullOr(Schema.Int)),
    column: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  },
  "request-not-found": { ofRequest: Schema.String },
  "shipment-not-found": { orderId: id },
  "callback-mismatch": { orderId: id },
  "payment-declined": { orderId: id },
  "payment-in-progress": { orderId: id },
  "not-cancellable": { orderId: id, orderStatus: Schema.optionalKey(Status) },
  "not-payable": { orderId: id, orderStatus: Schema.optionalKey(Status) },
  "sku-taken": { sku: Schema.optionalKey(Schema.String) },
  "rate-limited": { limitedBy: Schema.optionalKey(Schema.Literals(["client", "customer"])) },
  "invalid-request": {
    errors: Schema.optionalKey(Schema.Array(Schema.Struct({ pointer: Schema.String, detail: Schema.String }))),
  },
}
const faulty: Schema.Struct.Fields = extras["invalid-request"] ?? {}

/** Only documented: answers with problems are written by `problems.ts`. */
type Documented = Schema.Codec<{ readonly status: number; readonly code: Code }>

const ofStatus = (status: number, codes: ReadonlyArray<Code>): Documented =>
  Schema.Struct({
    ...fixed,
    status: Schema.Literal(status),
    code: Schema.Literals(codes),
    ...Object.assign({}, status === 400 ? faulty : {}, ...codes.map((code) => extras[code] ?? {})),
  }).pipe(HttpApiSchema.asJson({ contentType: CONTENT_TYPE }), HttpApiSchema.status(status), (schema) =>
    schema.annotate({ description: codes.map((code) => `\`${code}\`: ${kinds[code][1]}.`).join(" ") }),
  ) as unknown as Documented

/** What any request may meet, whatever it asks for. */
const anywhere: ReadonlyArray<Code> = [
  "invalid-request",
  "malformed-request",
  "foreign-origin",
  "method-not-allowed",
  "request-timeout",
  "expectation-failed",
  "foreign-host",
  "headers-too-large",
  "rate-limited",
  "internal-error",
  "unsupported-transfer-coding",
  "overloaded",
]

/** What a request that needs the shop may meet. */
const unavailable: ReadonlyArray<Code> = UnavailableReason.literals

/** What every request with a body may meet. */
const withBody: ReadonlyArray<Code> = ["malformed-json", "body-too-large", "unsupported-media-type"]

/** And every request that takes a key. */
const posting: ReadonlyArray<Code> = [...withBody, "idempotency-in-progress", "idempotency-key-reused"]

const group = (codes: ReadonlyArray<Code>) => {
  const byStatus = Map.groupBy(new Set(codes), (code) => kinds[code][0] as number)
  return [...byStatus].sort(([a], [b]) => a - b).map(([status, codes]) => ofStatus(status, codes))
}

/** Problems of a page that asks the shop for nothing. */
export const plain = (...codes: ReadonlyArray<Code>) => group([...anywhere, ...codes])

export const reading = (...codes: ReadonlyArray<Code>) => group([...anywhere, ...unavailable, ...codes])

/** Problems of what takes no key, because it may be repeated as it is. */
export const editing = (...codes: ReadonlyArray<Code>) => group([...anywhere, ...unavailable, ...withBody, ...codes])

/** Problems of an operator's order, which needs no shop and takes no key. */
export const ordering = (...codes: ReadonlyArray<Code>) => group([...anywhere, ...withBody, ...codes])

export const writing = (...codes: ReadonlyArray<Code>) => group([...anywhere, ...unavailable, ...posting, ...codes])
