/** Which names and which web pages are answered. The rules alone; browsers keep their part of them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Gate } from "../../../src/adapters/http/gate.ts"
import * as HttpServer from "../../support/http-server.ts"

const ALLOWED = "https://shop.example"

let shop: HttpServer.Running
beforeAll(async () => {
  shop = await HttpServer.start({}, null, { hosts: ["jaego", "Stock.Example"], origins: [ALLOWED] })
})
afterAll(() => shop.stop())

const ask = async (head: string, path = "/v1/orders"): Promise<[number, string | undefined]> => {
  const heard = await shop.raw(`GET ${path} HTTP/1.1\r\n${head}\r\nconnection: close\r\n\r\n`)
  const body = JSON.parse(heard.slice(heard.indexOf("\r\n\r\n") + 4))
  return [Number(heard.split(" ")[1]), body.code]
}

describe("a host name", () => {
  it.each([
    "localhost",
    "LOCALHOST:3000",
    "localhost.",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.1.2.3:80",
    "[::1]",
    "[::1]:3000",
    "jaego",
    "jaego:3000",
    "stock.example",
    "stock.example.:443",
  ])("that is ours is answered: %s", async (host) => {
    expect(await ask(`host: ${host}`)).toEqual([200, undefined])
  })

  it.each([
    "shop.evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example:3000",
    "10.0.0.1",
    "[::2]",
    "0.0.0.0",
    "user@localhost",
    "localhost:80:80",
    "[::1",
    "",
  ])("that is not ours is refused: %j", async (host) => {
    expect(await ask(`host: ${host}`)).toEqual([421, "foreign-host"])
  })

  it("may be any address when we listen on all of them, and any name when all are allowed", () => {
    const passes = (hosts: ReadonlyArray<string>, host: string): boolean => {
      const request = { headers: { host } } as never
      return new Gate({ hosts, origins: [] }).refusal(request, host, false) === null
    }
    for (const all of ["0.0.0.0", "::"]) {
      expect(passes([all], "10.1.2.3:3000")).toBe(true)
      expect(passes([all], "[2001:db8::1]:3000")).toBe(true)
      expect(passes([all], "evil.example")).toBe(false)
    }
    expect(passes(["192.0.2.7"], "192.0.2.7:3000")).toBe(true)
    expect(passes(["192.0.2.7"], "192.0.2.8:3000")).toBe(false)
    expect(passes(["2001:db8::1"], "[2001:DB8::1]:3000")).toBe(true)
    expect(passes(["*"], "anything.example")).toBe(true)
  })
})

describe("a web page", () => {
  const foreign: [number, string] = [403, "foreign-origin"]

  it.each([
    "origin: http://evil.example",
    "origin: null",
    "origin: http://localhost:1",
    "origin: https://shop.example.evil.example",
    "sec-fetch-site: cross-site",
    "origin: http://evil.example\r\nsec-fetch-site: cross-site",
  ])("of another origin is refused: %j", async (head) => {
    expect(await ask(`host: localhost\r\n${head}`)).toEqual(foreign)
  })

  it.each([
    "origin: http://localhost",
    "origin: https://localhost",
    "sec-fetch-site: same-origin",
    "sec-fetch-site: none",
    `origin: ${ALLOWED}\r\nsec-fetch-site: cross-site`,
  ])("of our own, or of an allowed one, is answered: %j", async (head) => {
    expect(await ask(`host: localhost\r\n${head}`)).toEqual([200, undefined])
  })

  it("may lead to the pages for everyone, under our own name", async () => {
    for (const path of ["/docs", "/openapi.json", "/problems", "/problems/foreign-origin"]) {
      expect((await shop.get(path, { origin: "http://evil.example", "sec-fetch-site": "cross-site" })).status).toBe(200)
    }
    expect(await ask("host: evil.example", "/openapi.json")).toEqual([421, "foreign-host"])
  })

  it("of an allowed origin may read the answer, also a refusal", async () => {
    const exposed = "etag, idempotent-replayed, jaego-position, ratelimit, ratelimit-policy, retry-after, x-request-id"
    for (const path of ["/v1/products", "/v1/orders/x", "/nowhere"]) {
      const { headers } = await shop.get(path, { origin: ALLOWED })
      expect(headers.get("access-control-allow-origin"), path).toBe(ALLOWED)
      expect(headers.get("access-control-expose-headers"), path).toBe(exposed)
      expect(headers.get("vary")?.split(", "), path).toContain("origin")
    }
    const order = { customerId: "kim", lines: [{ productId: crypto.randomUUID(), quantity: 1 }] }
    const { headers } = await shop.post("/v1/orders", order, { origin: ALLOWED, "idempotency-key": "k" })
    expect(headers.get("access-control-allow-origin")).toBe(ALLOWED)
  })

  it("is answered nothing of that when it is of our own origin, or is no page", async () => {
    for (const headers of [{}, { origin: shop.url }])
      expect((await shop.get("/v1/products", headers)).headers.has("access-control-allow-origin")).toBe(false)
  })

  it("of an allowed origin is answered beforehand what it may send, any other that it may not", async () => {
    const preflight = (origin: string) =>
      shop.send("/v1/orders", { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } })
    const { headers, status } = await preflight(ALLOWED)
    expect([status, headers.get("access-control-allow-origin")]).toEqual([204, ALLOWED])
    expect(headers.get("access-control-allow-methods")).toBe("POST, GET, HEAD")
    expect(headers.get("access-control-allow-headers")).toBe(
      "content-type, idempotency-key, if-match, if-none-match, jaego-position, last-event-id, prefer, request-timeout-ms, x-request-id",
    )
    const refused = await preflight("http://evil.example")
    expect([refused.status, refused.headers.has("access-control-allow-methods")]).toEqual([403, false])
  })
})
