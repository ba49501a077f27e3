/**
 * What the OpenAPI document must say beyond what the routes' types say: the headers of answers, numbers in the query,
 * a body that may be absent.
 */
import { LIMIT } from "./schemas.ts"

interface Parameter {
  readonly name: string
  readonly in: string
  schema: Record<string, unknown>
  description?: string
}

interface Answer {
  headers?: Record<string, unknown>
}

interface Operation {
  readonly operationId: string
  readonly parameters: Array<Parameter>
  readonly requestBody?: { required: boolean }
  readonly responses: Record<string, Answer>
}

const header = (description: string, schema: Record<string, unknown>, required: boolean) => ({
  description,
  schema,
  ...(required ? { required } : {}),
})

const requestId = header("The caller's, or a new one.", { type: "string" }, true)
const retryAfter = header("When to come back, in seconds.", { type: "integer", minimum: 0 }, true)
const allow = header("The methods that are allowed here.", { type: "string" }, true)
const replayed = header(
  "`true`: this is the stored answer of the first request with this key.",
  { type: "string" },
  false,
)

const headersOf = (status: string, takesKey: boolean): Record<string, unknown> => ({
  "x-request-id": requestId,
  ...(status === "503" ? { "retry-after": retryAfter } : {}),
  ...(status === "409" && takesKey
    ? { "retry-after": header("With `idempotency-in-progress`, in seconds.", { type: "integer", minimum: 0 }, false) }
    : {}),
  ...(status === "405" ? { allow } : {}),
  ...(takesKey && (status.startsWith("2") || status === "402") ? { "idempotent-replayed": replayed } : {}),
})

const descriptions: Readonly<Record<string, string>> = {
  "idempotency-key": "Same key and same body: the same answer, once. Kept at least 24 h.",
  prefer: "`respond-async`: answer 202 at once; payment goes on in the background.",
  limit: `Rows a page, ${LIMIT.default} unless told.`,
  cursor: "`nextCursor` of the page before.",
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
  if (operation.operationId === "orders.cancel" && operation.requestBody !== undefined)
    operation.requestBody.required = false
  for (const [status, answer] of Object.entries(operation.responses))
    answer.headers = { ...answer.headers, ...headersOf(status, takesKey) }
}

/** Completes the generated document, in place. */
export const complete = (document: Record<string, unknown>): Record<string, unknown> => {
  const paths = document["paths"] as Record<string, Record<string, Operation>>
  for (const path of Object.values(paths)) for (const operation of Object.values(path)) completeOperation(operation)
  document["openapi"] = "3.1.0"
  return document
}
