/** What tests ask of a service that stood still is asked again, as every client should ask, and nothing else is. */
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, expect, it } from "vitest"
import { Service } from "./service.ts"

const UNDECIDED = "Nothing was decided. Send the request again, with the same Idempotency-Key if it has one."
const UNKNOWN = "The outcome is not known yet."

let server: Server | null = null
afterEach(() => void server?.close())

/** A service that answers 503 with these words so often, and then 200. */
const unsure = async (detail: string, code = "stale-owner", times = 2) => {
  const asked: Array<string> = []
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const isUnsure = asked.length <= times
    response.writeHead(isUnsure ? 503 : 200, { "content-type": "application/json" })
    response.end(JSON.stringify(isUnsure ? { code, detail } : {}))
  })
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return { service: new Service(null as never, `http://127.0.0.1:${port}`), asked }
}

const KEY = { "Idempotency-Key": "k" }

it.each([
  ["a reading", UNKNOWN, (service: Service) => service.get("/v1/products/p/stock")],
  ["a request with a key", UNKNOWN, (service: Service) => service.post("/v1/orders", {}, KEY)],
  ["one without, of which nothing was decided", UNDECIDED, (service: Service) => service.post("/v1/products", {})],
])("%s is asked again while the service is not sure of its lanes", async (_, detail, ask) => {
  const { service, asked } = await unsure(detail)
  expect((await ask(service)).status).toBe(200)
  expect(asked).toHaveLength(3)
})

it.each([
  ["without a key, of unknown outcome", UNKNOWN, "stale-owner"],
  ["that is refused for another reason", UNDECIDED, "standby"],
])("what is asked %s is answered as it is", async (_, detail, code) => {
  const { service, asked } = await unsure(detail, code)
  expect((await service.post("/v1/products", {})).status).toBe(503)
  expect(asked).toHaveLength(1)
})
