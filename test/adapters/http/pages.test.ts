/** The pages beside the API: complete, kept by browsers, and nothing in them that loads or runs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { kinds } from "../../../src/adapters/http/problem-kinds.ts"
import * as HttpServer from "../../support/http-server.ts"

let shop: HttpServer.Running
beforeAll(async () => {
  shop = await HttpServer.start()
})
afterAll(() => shop.stop())

describe.each(["/docs", "/problems", "/problems/insufficient-stock"])("%s", (path) => {
  it("is a page that loads nothing, runs nothing, and cannot be framed", async () => {
    const { headers, status, text } = await shop.get(path)
    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"])
    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    )
    expect(headers.get("referrer-policy")).toBe("no-referrer")
    expect(headers.get("x-content-type-options")).toBe("nosniff")
    expect(text).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|https?:|url\(|@import/i)
  })

  it("is kept, and not sent again to a browser that has it", async () => {
    const { headers } = await shop.get(path)
    expect(headers.get("cache-control")).toBe("public, max-age=3600")
    const again = await shop.get(path, { "if-none-match": `"other", ${headers.get("etag")}` })
    expect([again.status, again.text, again.headers.get("etag")]).toEqual([304, "", headers.get("etag")])
    expect((await shop.get(path, { "if-none-match": '"other"' })).status).toBe(200)
  })
})

it("leads from /docs to every operation's words and to every code that it can answer", async () => {
  const { text } = await shop.get("/docs")
  for (const words of ["POST /v1/orders/{id}/cancel", "idempotency-key", "respond-async", "customerId: string, 1..128"])
    expect(text).toContain(words)
  const codes = [...text.matchAll(/href="\/problems\/([a-z0-9-]+)"/g)].map(([, code]) => code)
  expect(new Set(codes).size).toBeGreaterThan(30)
  for (const code of codes) expect(kinds).toHaveProperty([code!])
})

it("opens the type of every problem, and of no other", async () => {
  for (const [code, [status, title]] of Object.entries(kinds)) {
    const page = await shop.get(`/problems/${code}`)
    expect(page.status, code).toBe(200)
    expect(page.text).toContain(`status ${status}`)
    expect(page.text).toContain(title.replaceAll("'", "&#39;"))
  }
  const unknown = await shop.get("/problems/no-such-code")
  expect([unknown.status, unknown.body.code]).toEqual([404, "route-not-found"])
  expect((await shop.get(new URL(unknown.body.type, shop.url).pathname)).status).toBe(200)
})

it("lets no cache keep what the API answers, but for products and the first pages of their list", async () => {
  for (const path of ["/v1/products?q=x", "/v1/orders", "/v1/orders/x", "/livez", "/metrics", "/nowhere"]) {
    const { headers } = await shop.get(path)
    expect([headers.get("cache-control"), headers.get("x-content-type-options")], path).toEqual(["no-store", "nosniff"])
  }
  const order = { customerId: "kim", lines: [{ productId: crypto.randomUUID(), quantity: 1 }] }
  const placed = await shop.post("/v1/orders", order, { "idempotency-key": "k" })
  expect([placed.status, placed.headers.get("cache-control")]).toEqual([404, "no-store"])
})
