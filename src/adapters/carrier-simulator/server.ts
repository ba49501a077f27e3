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
import { createHmac } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Effect } from "effect"
import { OrderId } from "../../domain/ids.ts"
import type { Callback, Consignment } from "../../ports/carrier.ts"
import * as Signature from "../../ports/carrier-signature.ts"
import { onLoopback } from "../../std/listen.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
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

/** It calls again after this, twice as long each time, up to the longest, milliseconds. */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000
/** A callback that is not answered by then is sent again, ms. */
const CALL_TIMEOUT_MS = 5_000

const sign = (secret: string, body: string): string => {
  const time = Math.floor(Date.now() / 1_000)
  const hex = createHmac("sha256", secret).update(Signature.prefix(time)).update(body).digest("hex")
  return Signature.write({ time, hex })
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds).unref())

const bodyOf = ({ at, id, key, trackingId, what }: Callback): string =>
  JSON.stringify({ id, type: what, orderId: key, trackingId, at: Rfc3339.text(at) })

/** Sends it until it is acknowledged or refused. */
const call = async (url: string, secret: string, callback: Callback): Promise<void> => {
  const body = bodyOf(callback)
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    const headers = { "content-type": "application/json", "carrier-signature": sign(secret, body) }
    const answered = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) })
      .then(async (response) => {
        await response.arrayBuffer()
        return response.status
      })
      .catch(() => 0)
    if (answered >= 200 && answered < 500) return
    await pause(wait)
  }
}

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
    tell: (callback) => {
      if (callbacks !== null) void call(callbacks, secret, callback)
    },
    now: Date.now,
  })
  const server = createServer((request, response) => {
    handle(depot, request, response).catch((error: Error) => answer(response, 400, { reason: error.message }))
  })
  const port = yield* Effect.acquireRelease(onLoopback(server, options.port), () =>
    Effect.sync(() => {
      server.closeAllConnections()
      server.close()
    }),
  )
  return `http://127.0.0.1:${port}`
})
