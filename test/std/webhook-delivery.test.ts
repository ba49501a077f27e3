/** A webhook is delivered until it is acknowledged or refused for good. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { expect, it } from "vitest"
import { deliver } from "../../src/std/webhook-delivery.ts"

/** What the receiver answers, one after the other; and how often it was called. */
const receiving = async (...statuses: ReadonlyArray<number>) => {
  let calls = 0
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(statuses[calls++]!).end()
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const status = await deliver({ url, header: "signature", secret: "a secret that both know" }, "{}")
  server.closeAllConnections()
  server.close()
  return { status, calls }
}

it.each([408, 425, 429, 500, 503])("sends it again after %i", async (status) => {
  expect(await receiving(status, 200)).toEqual({ status: 200, calls: 2 })
})

it.each([400, 401, 404])("takes %i for a refusal", async (status) => {
  expect(await receiving(status, 200)).toEqual({ status, calls: 1 })
})
