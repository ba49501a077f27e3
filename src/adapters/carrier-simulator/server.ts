/**
 * The simulated carrier as a server of its own (`jaego simulate carrier`), with the faults that carriers have.
 *
 *     PUT    /v1/shipments/{key}   {customerId, lines}   200 {trackingId} | 422 {reason}
 *     DELETE /v1/shipments/{key}                         200 {state: "cancelled"} | 409 {state: "shipped"}
 *     GET    /v1/shipments                               200 {data: [parcels]}: its books, which a real one would not show
 *
 * Its callbacks are signed, and repeated until they are acknowledged (2xx) or refused (4xx).
 * Fails: CannotListen, one line.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Effect } from "effect"
import { OrderId } from "../../domain/ids.ts"
import type { Callback, Consignment } from "../../ports/carrier.ts"
import { onLoopback } from "../../std/listen.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
import * as Webhook from "../../std/webhook-delivery.ts"
import { Depot, type Faults, type Play } from "./depot.ts"

export interface Options {
  /** 0: any free one. */
  readonly port: number
  readonly faults: Faults
  readonly collectAfterMs: number
  readonly deliverAfterMs: number
  /** Where to call back; null: nowhere. */
  readonly callbacks: string | null
  readonly secret: string
}

const bodyOf = ({ at, id, key, trackingId, what }: Callback): string =>
  JSON.stringify({ id, type: what, orderId: key, trackingId, at: Rfc3339.text(at) })

const SIGNATURE_HEADER = "carrier-signature"

const answer = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" })
  response.end(JSON.stringify(body))
}

const play = (response: ServerResponse, play: Play): void => {
  switch (play._tag) {
    case "Fails":
      return answer(response, 500, { reason: "our systems are down" })
    case "SaysNothing":
      return
    case "Answers": {
      const { afterMs, registration } = play
      const isTaken = registration._tag === "Registered"
      const body = isTaken ? { trackingId: registration.trackingId } : { reason: registration.reason }
      setTimeout(() => answer(response, isTaken ? 200 : 422, body), afterMs)
    }
  }
}

const read = async (request: IncomingMessage): Promise<Pick<Consignment, "customerId" | "lines">> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as Pick<Consignment, "customerId" | "lines">
}

const handle = async (depot: Depot, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const [, key] = /^\/v1\/shipments\/([0-9a-f-]{36})$/.exec(request.url ?? "") ?? []
  if (request.url === "/v1/shipments" && request.method === "GET")
    return answer(response, 200, { data: depot.parcels() })
  if (key !== undefined && request.method === "PUT") {
    const { customerId, lines } = await read(request)
    return play(response, depot.register({ key: OrderId.make(key), customerId, lines }))
  }
  if (key === undefined || request.method !== "DELETE")
    return answer(response, 404, { reason: "there is nothing here" })
  const state = depot.cancel(OrderId.make(key))
  answer(response, state === "cancelled" ? 200 : 409, { state })
}

/** Its URL; it listens until the scope closes. */
export const serve = Effect.fnUntraced(function* (options: Options) {
  const { callbacks, secret } = options
  const depot = new Depot({
    ...options,
    moods: "played",
    later: (milliseconds, run) => void setTimeout(run, milliseconds),
    report: (callback) => {
      if (callbacks === null) return
      void Webhook.deliver({ url: callbacks, header: SIGNATURE_HEADER, secret }, bodyOf(callback))
    },
    now: Date.now,
  })
  const server = createServer((request, response) => {
    handle(depot, request, response).catch((error: Error) => answer(response, 400, { reason: error.message }))
  })
  return yield* onLoopback(server, options.port)
})
