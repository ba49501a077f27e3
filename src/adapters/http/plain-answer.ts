/**
 * Writes an answer straight to node:http, for the routes beside the pipeline: the head as one list, the body in one write with it.
 *
 * Law: a caller cannot tell it from the pipeline's answer.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { HttpServerResponse } from "effect/http"
import * as Answers from "./answers.ts"
import { SAFETY } from "./exchange.ts"
import type { RateLimits } from "./rate-limits.ts"

type Response = HttpServerResponse.HttpServerResponse

const textOf = ({ body }: Response): string | Uint8Array | undefined => {
  if (body._tag === "Empty") return undefined
  if (body._tag !== "Uint8Array") throw new Error(`an answer with a body of ${body._tag}`)
  // As text it leaves in one write with its head.
  return body.text ?? body.body
}

/** What every answer says, name and value in turn, but for what its own headers say in its place. */
export const headOf = (
  request: IncomingMessage,
  limits: RateLimits,
  own: Readonly<Record<string, string | undefined>>,
): Array<string> => {
  const head = ["x-request-id", Answers.requestId(request)]
  for (const [name, value] of SAFETY) if (own[name] === undefined) head.push(name, value)
  const left = limits.headersOf(request)
  if (left !== null) head.push(...left)
  return head
}

/** `more`: headers that the route has beside those of the answer, name and value in turn. */
export const write = (
  request: IncomingMessage,
  response: ServerResponse,
  limits: RateLimits,
  answer: Response,
  more: ReadonlyArray<string> = [],
): void => {
  const { headers, status } = answer
  const body = textOf(answer)
  // As a plain list, which node takes as it is; the length of the body is among them.
  const head = headOf(request, limits, headers)
  head.push(...more)
  for (const name of Object.keys(headers)) head.push(name, headers[name]!)
  response.writeHead(status, head)
  response.end(body)
}
