/**
 * What the OpenAPI document must say beyond what the routes' types say: the headers of answers, numbers in the query,
 * a body that may be absent.
 */
import { TIMEOUT_MAX_MS } from "./head.ts"
import { LIMIT } from "./schemas.ts"

interface Parameter {
  readonly name: string
  readonly in: string
  schema: Record<string, unknown>
  description?: string
}

interface ResponseObject {
  description: string
  headers?: Record<string, unknown>
  links?: Record<string, unknown>
}

interface Operation {
  readonly operationId: string
  readonly parameters: Array<Parameter>
  requestBody?: { required: boolean; content?: Record<string, unknown> }
  readonly responses: Record<string, ResponseObject>
}

const header = (description: string, schema: Record<string, unknown>, required: boolean) => ({
  description,
  schema,
  ...(required ? { required } : {}),
})

const requestId = header("The caller's, or a new one.", { type: "string" }, true)
const retryAfter = header("When to come back, in seconds.", { type: "integer", minimum: 0 }, true)
const policy = header("What a client and a customer may ask, where there are limits.", { type: "string" }, false)
const left = header("What is left of it.", { type: "string" }, false)
const allow = header("The methods that are allowed here.", { type: "string" }, true)
const replayed = header(
  "`true`: this is the stored answer of the first request with this key.",
  { type: "string" },
  false,
)

const position = header("Where there are replicas: what a read must bring to see this.", { type: "string" }, false)

const tag = header("The product's version, for `If-Match` and `If-None-Match`.", { type: "string" }, true)
const age = header("How long ago it was read, seconds.", { type: "integer", minimum: 0 }, true)
const cacheControl = header("How old it may become.", { type: "string" }, true)

/** Of what has a version: when it is read, and when it is edited. */
const versionHeaders = (status: string, operationId: string): Record<string, unknown> => {
  if (operationId === "products.get" && (status === "200" || status === "304"))
    return { etag: tag, age, "cache-control": cacheControl }
  return operationId === "products.edit" && status === "200" ? { etag: tag, "jaego-position": position } : {}
}

const headersOf = (status: string, takesKey: boolean): Record<string, unknown> => ({
  "x-request-id": requestId,
  ...(status === "503" || status === "429" ? { "retry-after": retryAfter } : {}),
  ...(status === "429" || status.startsWith("2") ? { "ratelimit-policy": policy, ratelimit: left } : {}),
  ...(status === "409" && takesKey
    ? { "retry-after": header("With `idempotency-in-progress`, in seconds.", { type: "integer", minimum: 0 }, false) }
    : {}),
  ...(takesKey && status.startsWith("2") ? { "jaego-position": position } : {}),
  ...(status === "405" ? { allow } : {}),
  ...(takesKey && (status.startsWith("2") || status === "402") ? { "idempotent-replayed": replayed } : {}),
})

const descriptions: Readonly<Record<string, string>> = {
  "idempotency-key": "Same key and same body: the same answer, once. Kept at least 24 h.",
  "if-match": "The `ETag` of the version that is edited, or `*`. Without it: 428 `precondition-required`.",
  "if-none-match": "The `ETag` that the caller has: 304 if it is still the product's.",
  prefer: "`respond-async`: answer 202 at once; payment goes on in the background.",
  limit: `Rows a page, ${LIMIT.default} by default.`,
  "jaego-position": "As the answer to a write had it: the read sees that write, also where replicas answer.",
  cursor: "`nextCursor` of the page before.",
}

/** What can be done next with the id of an answer, by the operation that gave it. */
const next: Readonly<Record<string, ReadonlyArray<string>>> = {
  "products.create": ["get", "stock", "receive", "adjust", "movements"],
  "orders.place": ["get", "timeline", "pay", "cancel"],
}

const linksOf = (operationId: string): Record<string, unknown> => {
  const group = operationId.split(".")[0]
  const links = (next[operationId] ?? []).map((name) => [
    name,
    { operationId: `${group}.${name}`, parameters: { id: "$response.body#/id" } },
  ])
  return Object.fromEntries(links)
}

/** What a success means, where its status alone does not say. */
const meanings: Readonly<Record<string, string>> = {
  "orders.place 201": "Paid.",
  "orders.place 202": "Reserved: payment goes on in the background, or comes with `POST /v1/orders/{id}/pay`.",
  "orders.pay 200": "Paid.",
  "orders.pay 202": "Payment goes on in the background.",
  "orders.cancel 200": "Cancelled: a paid order is refunded, and its units are for sale again.",
}

/** Read as a stream, beside the routes: no type of theirs says so. */
const ROWS = {
  required: true,
  content: {
    "application/x-ndjson": { schema: { type: "string" } },
    "text/csv": { schema: { type: "string" } },
  },
}

const completeOperation = (operation: Operation): void => {
  const takesKey = operation.parameters.some(({ name }) => name === "idempotency-key")
  for (const parameter of operation.parameters) {
    const description = descriptions[parameter.name]
    if (description !== undefined) parameter.description = description
    if (parameter.name === "limit")
      parameter.schema = { type: "integer", minimum: 1, maximum: LIMIT.maximum, default: LIMIT.default }
  }
  operation.parameters.push({
    name: "x-request-id",
    in: "header",
    description: "Names this request in answers and logs; replaced when it is not 1..128 of `A-Za-z0-9._:-`.",
    schema: { type: "string" },
  })
  if (operation.operationId.startsWith("orders.") && takesKey)
    operation.parameters.push({
      name: "request-timeout-ms",
      in: "header",
      description:
        "How long the caller waits, ms: what cannot be begun by then is not, and is answered `deadline-passed`.",
      schema: { type: "integer", minimum: 1, maximum: TIMEOUT_MAX_MS },
    })
  if (operation.operationId === "orders.cancel" && operation.requestBody !== undefined)
    operation.requestBody.required = false
  if (operation.operationId === "imports.create") operation.requestBody = ROWS
  for (const [status, answer] of Object.entries(operation.responses)) {
    answer.description = meanings[`${operation.operationId} ${status}`] ?? answer.description
    answer.headers = {
      ...answer.headers,
      ...headersOf(status, takesKey),
      ...versionHeaders(status, operation.operationId),
    }
    if (status.startsWith("2") && operation.operationId in next) answer.links = linksOf(operation.operationId)
  }
}

/** One view under several statuses was several components (`Order_1`, ...) of one content: it is one again. */
const merge = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(merge)
  if (typeof value !== "object" || value === null) return value
  const merged = Object.entries(value).map(([key, member]) => [
    key,
    key === "$ref" ? String(member).replace(/_\d+$/, "") : merge(member),
  ])
  return Object.fromEntries(merged)
}

/** Completes the generated document. */
export const complete = (generated: Record<string, unknown>): Record<string, unknown> => {
  const document = merge(generated) as {
    readonly paths: Record<string, Record<string, Operation>>
    readonly components: { readonly schemas: Record<string, unknown> }
  }
  const { schemas } = document.components
  for (const name of Object.keys(schemas)) {
    const original = name.replace(/_\d+$/, "")
    if (original === name) continue
    schemas[original] ??= schemas[name]
    delete schemas[name]
  }
  for (const path of Object.values(document.paths)) Object.values(path).forEach(completeOperation)
  return { ...document }
}
