/** An answer that ends its connection reaches its peer, though the peer is still writing: no reset overtakes it (lingering close). */
import { afterAll, beforeAll, expect, it } from "vitest"
import { LINGER_MS } from "../../../src/adapters/http/connections.ts"
import * as HttpServer from "../../support/http-server.ts"
import { ownNow } from "../../support/own-time.ts"
import { type Peer, peer, statuses } from "../../support/peer.ts"

const LIVE = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"

let server: HttpServer.Running
beforeAll(async () => {
  server = await HttpServer.start()
})
afterAll(() => server.stop())

/** More than the system holds for both ends together, so that a peer which does not read is stuck in it. */
const HUGE = 16 * 1_024 * 1_024
const head = (...lines: ReadonlyArray<string>) =>
  `${["POST /v1/orders HTTP/1.1", "host: localhost", ...lines].join("\r\n")}\r\n\r\n`
const json = ["content-type: application/json", "idempotency-key: k"]

/** Writes all of it before it reads anything. */
const writeAll = async (text: string, bytes: number): Promise<Peer> => {
  const dialled = await peer(server.port)
  dialled.socket.pause()
  await new Promise<void>((resolve) => dialled.socket.write(text + "x".repeat(bytes), () => resolve()))
  dialled.socket.resume()
  return dialled
}

/** The server lingers for half a second: on a busy machine its peer is not always there in time, and is asked once more. */
const RETRY = { retry: 5 }

it.each([
  ["413", "too large by its head", head(...json, `content-length: ${HUGE}`)],
  ["400", "no HTTP", "NOT HTTP AT ALL\r\n\r\n"],
  ["400", "in broken chunks", `${head(...json, "transfer-encoding: chunked")}zz\r\n`],
])("reaches a peer that is still writing: %s, for a body that is %s", RETRY, async (status, _, text) => {
  const { closed, heard } = await writeAll(text, HUGE)
  await closed
  expect(statuses(heard())).toEqual([Number(status)])
  expect(JSON.parse(heard().split("\r\n\r\n")[1]!).status).toBe(Number(status))
})

it("is not waited for longer than its peer may take, and begins nothing more", RETRY, async () => {
  const { closed, heard, socket, until } = await peer(server.port, head(...json, `content-length: ${HUGE}`))
  await until('"body-too-large"')
  const began = ownNow()
  const writing = setInterval(() => socket.write(LIVE), 10)
  await closed
  clearInterval(writing)
  expect(ownNow() - began).toBeLessThan(2 * LINGER_MS)
  expect(statuses(heard())).toEqual([413])
})
