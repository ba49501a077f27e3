/** What is refused by the head of a request, or by the bytes of its body, before anything reads meaning into them. */
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { unavailable } from "../../../src/ports/failures.ts"
import * as HttpServer from "../../support/http-server.ts"

let shop: HttpServer.Running
beforeAll(async () => {
  shop = await HttpServer.start()
})
afterAll(() => shop.stop())

const UNKNOWN = "019aa000-0000-7000-8000-000000000000"
const order = JSON.stringify({ customerId: "kim", lines: [{ productId: UNKNOWN, quantity: 1 }] })

interface Answer {
  readonly status: number
  readonly head: string
  readonly code: string
  readonly pointer: string | undefined
}

/** The first answer to raw bytes. */
const post = async (head: string, body = order, path = "/v1/orders"): Promise<Answer> => {
  const heard = await shop.raw(`POST ${path} HTTP/1.1\r\n${head}\r\nconnection: close\r\n\r\n${body}`)
  const end = heard.indexOf("\r\n\r\n")
  const { code, errors } = JSON.parse(heard.slice(end + 4))
  return { status: Number(heard.split(" ")[1]), head: heard.slice(0, end), code, pointer: errors?.[0]?.pointer }
}

const HOST = "host: localhost"
const JSON_TYPE = "content-type: application/json"
const KEY = "idempotency-key: k"
const length = (body: string) => `content-length: ${Buffer.byteLength(body)}`

describe("a header that names an intent", () => {
  it.each([
    ["host", `${HOST}\r\n${HOST}\r\n${JSON_TYPE}\r\n${KEY}`],
    ["idempotency-key", `${HOST}\r\n${JSON_TYPE}\r\n${KEY}\r\nIdempotency-Key: other`],
    ["idempotency-key", `${HOST}\r\n${JSON_TYPE}\r\nidempotency-key: k, other`],
    ["content-type", `${HOST}\r\n${JSON_TYPE}\r\n${JSON_TYPE}\r\n${KEY}`],
    ["content-type", `${HOST}\r\n${JSON_TYPE}, text/plain\r\n${KEY}`],
    ["authorization", `${HOST}\r\n${JSON_TYPE}\r\n${KEY}\r\nauthorization: Bearer a\r\nAuthorization: Bearer b`],
    ["if-match", `${HOST}\r\n${JSON_TYPE}\r\n${KEY}\r\nif-match: "1"\r\nif-match: "2"`],
  ])("stands once: %s", async (name, head) => {
    expect(await post(`${head}\r\n${length(order)}`)).toMatchObject({
      status: 400,
      code: "invalid-request",
      pointer: `header/${name}`,
    })
  })

  it("may stand once", async () => {
    const once = `${HOST}\r\n${JSON_TYPE}\r\n${KEY}\r\nauthorization: Bearer a\r\nif-match: "1"\r\n${length(order)}`
    expect(await post(once)).toMatchObject({ status: 404, code: "product-not-found" })
  })
})

describe("a body", () => {
  const plain = `${HOST}\r\n${KEY}`

  it("without a type is not JSON, also in chunks", async () => {
    expect(await post(`${plain}\r\n${length(order)}`)).toMatchObject({ status: 415, code: "unsupported-media-type" })
    const chunk = `${order.length.toString(16)}\r\n${order}\r\n0\r\n\r\n`
    expect(await post(`${plain}\r\ntransfer-encoding: chunked`, chunk)).toMatchObject({ status: 415 })
    expect(await post(`${plain}\r\n${JSON_TYPE}\r\ntransfer-encoding: chunked`, chunk)).toMatchObject({ status: 404 })
  })

  it("that is absent needs no type", async () => {
    expect(await post(plain, "", `/v1/orders/${UNKNOWN}/cancel`)).toMatchObject({ code: "order-not-found" })
    expect(await post(`${plain}\r\n${length("")}`, "", `/v1/orders/${UNKNOWN}/cancel`)).toMatchObject({ status: 404 })
  })

  it.each(["utf-8", "UTF-8", '"utf-8"'])("may be in the charset %s", async (charset) => {
    const type = `content-type: application/json ; charset=${charset}`
    expect(await post(`${plain}\r\n${type}\r\n${length(order)}`)).toMatchObject({ status: 404 })
  })

  it.each(["latin1", "utf-16", '"iso-8859-1"', "utf8x"])("may not be in the charset %s", async (charset) => {
    const type = `content-type: application/json; charset=${charset}`
    expect(await post(`${plain}\r\n${type}\r\n${length(order)}`)).toMatchObject({
      status: 415,
      code: "unsupported-media-type",
    })
  })

  it.each(["/v1/orders", "/v1/products", `/v1/orders/${UNKNOWN}/cancel`])("must be UTF-8: %s", async (path) => {
    const bytes = Buffer.concat([Buffer.from('{"customerId":"jos'), Buffer.from([0xe9]), Buffer.from('"}')])
    const headers = { "content-type": "application/json", "idempotency-key": "k" }
    const answer = await shop.send(path, { method: "POST", headers, body: bytes })
    expect([answer.status, answer.body.code, answer.body.detail]).toEqual([
      400,
      "malformed-json",
      "The body is not UTF-8.",
    ])
  })

  it("that says it is too large is refused at once, and not asked for", async () => {
    const head = `${plain}\r\n${JSON_TYPE}\r\ncontent-length: 65537`
    expect(await post(head, "{")).toMatchObject({ status: 413, code: "body-too-large" })
    const careful = await post(`${head}\r\nexpect: 100-continue`, "")
    expect(careful).toMatchObject({ status: 413, code: "body-too-large" })
  })

  it("is asked for when it will be read", async () => {
    const heard = await shop.raw(
      `POST /v1/orders HTTP/1.1\r\n${plain}\r\n${JSON_TYPE}\r\n${length(order)}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n${order}`,
    )
    expect(heard).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 404 /)
  })

  it("may not be coded", async () => {
    const gzip = await post(`${plain}\r\n${JSON_TYPE}\r\n${length(order)}\r\ncontent-encoding: gzip`)
    expect(gzip).toMatchObject({ status: 415, code: "unsupported-media-type" })
    expect(gzip.head).toContain("accept-encoding: identity")
    const identity = await post(`${plain}\r\n${JSON_TYPE}\r\n${length(order)}\r\ncontent-encoding: identity`)
    expect(identity.status).toBe(404)
  })

  it.each(["gzip", "gzip, chunked", "xchunked"])("in an unknown transfer coding: %s", async (coding) => {
    const head = `${plain}\r\n${JSON_TYPE}\r\ntransfer-encoding: ${coding}`
    expect(await post(head, "0\r\n\r\n")).toMatchObject({ status: 501, code: "unsupported-transfer-coding" })
  })
})

it("repeats only so much of what it was sent", async () => {
  const long = "😀".repeat(5_000)
  const headers = { "content-type": "application/json", "idempotency-key": "k" }
  const body = JSON.stringify({ [long]: 1 })
  const inBody = await shop.send("/v1/orders", { method: "POST", headers, body })
  const inQuery = await shop.get(`/v1/orders?${encodeURIComponent("😀".repeat(1_000))}=1`)
  for (const { status, text } of [inBody, inQuery]) {
    expect(status).toBe(400)
    expect(text.length).toBeLessThan(1_500)
    expect(text).toContain("😀…")
    expect(text.isWellFormed()).toBe(true)
  }
})

describe("a caller's time limit", () => {
  const ask = (limit: string, path = "/v1/products") => shop.get(path, { "request-timeout-ms": limit })

  it.each(["0", "-1", "1.5", "1e3", "soon", "300001", "", "10, 20"])("of %j is not one", async (limit) => {
    const { body, status } = await ask(limit)
    expect([status, body.code, body.errors[0].pointer]).toEqual([400, "invalid-request", "header/request-timeout-ms"])
  })

  it.each(["1", "2000", "300000"])("of %s ms is taken", async (limit) => {
    expect((await ask(limit)).status).toBe(200)
  })

  it.each([
    ["an order", "placeOrder", "", JSON_TYPE],
    ["an order on the pipeline", "placeOrder", "", "content-type: Application/JSON"],
    ["a payment", "payOrder", `/${UNKNOWN}/pay`, JSON_TYPE],
    ["a cancellation", "cancelOrder", `/${UNKNOWN}/cancel`, JSON_TYPE],
  ])("of %s reaches the shop as the time until which the caller waits", async (_, method, path, type) => {
    const asked: Array<{ readonly answerBy?: number | undefined }> = []
    const refuse = (request: (typeof asked)[number]) => {
      asked.push(request)
      return Effect.fail(unavailable("deadline-passed"))
    }
    const other = await HttpServer.start({ [method]: refuse })
    const body = path === "" ? order : "{}"
    const before = Date.now()
    const head = [HOST, type, KEY, length(body), "request-timeout-ms: 5000", "connection: close"]
    const heard = await other.raw(`POST /v1/orders${path} HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n${body}`)
    await other.stop()
    expect(heard).toMatch(/^HTTP\/1.1 503 /)
    expect(heard).toContain('"code":"deadline-passed"')
    expect(asked[0]!.answerBy).toBeGreaterThanOrEqual(before + 5_000)
    expect(asked[0]!.answerBy).toBeLessThanOrEqual(Date.now() + 5_000)
  })
})
