/** The server on the wire: limits, request ids, broken HTTP, the end of its life. */

import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { connect } from "node:net"
import { Effect, Exit, Layer } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { MetricsPage } from "../../../src/adapters/http/metrics-page.ts"
import * as Server from "../../../src/adapters/http/server.ts"
import * as Logs from "../../../src/adapters/system/log-level.ts"
import * as Profiler from "../../../src/adapters/threads/profiler.ts"
import { Readiness } from "../../../src/app/health.ts"
import * as Dependencies from "../../../src/app/resilience/dependencies.ts"
import { Feed, StockFeed } from "../../../src/app/stock-feed.ts"
import { unavailable } from "../../../src/ports/failures.ts"
import { Probe } from "../../../src/ports/probe.ts"
import { CannotListen } from "../../../src/std/listen.ts"
import * as FakeShop from "../../support/fake-shop.ts"
import * as HttpServer from "../../support/http-server.ts"
import { ownNow } from "../../support/own-time.ts"

let shop: HttpServer.Running
beforeAll(async () => {
  shop = await HttpServer.start()
})
afterAll(() => shop.stop())

const UNKNOWN = "019aa000-0000-7000-8000-000000000000"

/** Status, headers and body of the last answer on a raw connection. */
const parse = (heard: string) => {
  const [head = "", body = ""] = heard.split("\r\n\r\n")
  return { status: Number(head.split(" ")[1]), head: head.toLowerCase(), body: JSON.parse(body) }
}

const expectRawProblem = (heard: string, status: number, code: string) => {
  const answer = parse(heard)
  expect(answer.status).toBe(status)
  expect(answer.head).toContain("content-type: application/problem+json")
  expect(answer.head).toContain("connection: close")
  expect(answer.head).toContain(`x-request-id: ${answer.body.requestId}`)
  expect(answer.body).toMatchObject({ status, code })
}

describe("request ids", () => {
  it("echoes the caller's, on success and in problems", async () => {
    const headers = { "x-request-id": "order:7_a.B-c" }
    expect((await shop.get("/livez", headers)).headers.get("x-request-id")).toBe("order:7_a.B-c")
    expect((await shop.get("/nowhere", headers)).body.requestId).toBe("order:7_a.B-c")
    expect((await shop.get(`/v1/orders/${UNKNOWN}`, headers)).body.requestId).toBe("order:7_a.B-c")
  })

  it.each(["", "a b", "x".repeat(129), "ünïcode", '{"a":1}'])("mints another for %j", async (given) => {
    const minted = (await shop.get("/livez", { "x-request-id": given })).headers.get("x-request-id")
    expect(minted).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe("bodies", () => {
  const order = (bytes: number) => {
    const text = JSON.stringify({ token: "t" })
    return text + " ".repeat(bytes - text.length)
  }

  it("reads 64 KiB, and refuses one byte more", async () => {
    expect((await shop.post(`/v1/orders/${UNKNOWN}/pay`, order(65_536))).status).toBe(404)
    const answer = await shop.post(`/v1/orders/${UNKNOWN}/pay`, order(65_537))
    expect(answer.status).toBe(413)
    expect(answer.body).toMatchObject({ code: "body-too-large", status: 413 })
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
  })

  it("refuses a chunked body as soon as it is too large", async () => {
    const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`
    const heard = await shop.raw(
      `POST /v1/orders/${UNKNOWN}/pay HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
        `transfer-encoding: chunked\r\n\r\n${chunk.repeat(6)}`,
    )
    expectRawProblem(heard, 413, "body-too-large")
  })
})

describe("what is not HTTP as we understand it", () => {
  it("answers 400 to nonsense", async () => {
    expectRawProblem(await shop.raw("nonsense\r\n\r\n"), 400, "malformed-request")
  })

  it("answers 400 to a request without a host", async () => {
    expectRawProblem(await shop.raw("GET /livez HTTP/1.1\r\n\r\n"), 400, "malformed-request")
  })

  it("answers 400 to a request whose length is said in two ways", async () => {
    const smuggled =
      "POST /v1/products HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}"
    expectRawProblem(await shop.raw(smuggled), 400, "malformed-request")
  })

  it("answers 400 to a chunk that is none", async () => {
    const heard = await shop.raw(
      `POST /v1/products HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
    )
    expectRawProblem(heard, 400, "malformed-request")
  })

  it("answers 431 to headers over 16 KiB", async () => {
    const heard = await shop.raw(`GET /livez HTTP/1.1\r\nhost: localhost\r\nx: ${"x".repeat(20_000)}\r\n\r\n`)
    expectRawProblem(heard, 431, "headers-too-large")
  })

  it("answers 417 to an expectation it does not know", async () => {
    const heard = await shop.raw(
      "GET /livez HTTP/1.1\r\nhost: localhost\r\nexpect: miracles\r\nconnection: close\r\n\r\n",
    )
    expectRawProblem(heard, 417, "expectation-failed")
  })

  it("answers 408 to headers that do not end, within their 5 s and a check", async () => {
    const started = ownNow()
    expectRawProblem(await shop.raw("GET /livez HTTP/1.1\r\nhost: localhost\r\nx: "), 408, "request-timeout")
    expect(ownNow() - started).toBeLessThan(15_000)
  })

  it("takes an absolute target, whose host counts instead of the header's", async () => {
    const elsewhere = await shop.raw(
      "GET http://elsewhere/livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    )
    expect(parse(elsewhere)).toMatchObject({ status: 421, body: { code: "foreign-host" } })
    const heard = await shop.raw(
      "GET http://localhost:80/livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    )
    expect(parse(heard)).toMatchObject({ status: 200, body: { status: "alive" } })
  })
})

describe("what it announces", () => {
  it("names the template of the route, never an id nor a word of the caller's", async () => {
    const heard = await HttpServer.start()
    await heard.get(`/v1/products/${UNKNOWN}/stock?`)
    await heard.get("/wp-admin")
    await heard.post("/livez")
    await heard.raw("nonsense\r\n\r\n")
    await heard.send("/livez", { method: "PROPFIND" })
    await heard.stop()
    expect(heard.heard.filter(({ _tag }) => _tag === "RequestAnswered")).toEqual([
      {
        _tag: "RequestAnswered",
        method: "GET",
        route: "/v1/products/{id}/stock",
        status: 404,
        seconds: expect.any(Number),
      },
      { _tag: "RequestAnswered", method: "_OTHER", route: "unmatched", status: 404, seconds: expect.any(Number) },
      { _tag: "RequestAnswered", method: "_OTHER", route: "/livez", status: 405, seconds: expect.any(Number) },
      { _tag: "RequestAnswered", method: "_OTHER", route: "unmatched", status: 400, seconds: expect.any(Number) },
      { _tag: "RequestAnswered", method: "_OTHER", route: "/livez", status: 405, seconds: expect.any(Number) },
    ])
  })

  it("counts replays and unavailability, with the route and the reason", async () => {
    const heard = await HttpServer.start({ getOrder: () => Effect.fail(unavailable("mailbox-full")) })
    const product = { sku: "s", name: "n", price: { amount: 1, currency: "EUR" }, onHand: 1 }
    for (let times = 0; times < 3; times++) await heard.post("/v1/products", product, { "idempotency-key": "k" })
    await heard.get(`/v1/orders/${UNKNOWN}`)
    await heard.stop()
    const others = heard.heard.filter(({ _tag }) => _tag !== "RequestAnswered" && _tag !== "ConnectionsMeasured")
    expect(others).toEqual([
      { _tag: "Replayed", route: "products" },
      { _tag: "Replayed", route: "products" },
      { _tag: "RequestUnavailable", reason: "mailbox-full" },
    ])
  })

  it("shows the metrics page as it was rendered", async () => {
    const { headers, text } = await shop.get("/metrics")
    expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8")
    expect(text).toBe("jaego_up 1\n")
  })
})

describe("the end", () => {
  it("answers what it has begun, then lets go of every connection", async () => {
    const arrived = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const dying = await HttpServer.start({
      getOrder: () =>
        Effect.promise(async () => {
          arrived.resolve()
          await release.promise
        }).pipe(Effect.andThen(Effect.die("the end"))),
    })
    const idle = connect(dying.port, "127.0.0.1")
    const idleClosed = new Promise((resolve) => idle.once("close", resolve))
    await new Promise((resolve) => {
      idle.once("data", resolve)
      idle.write("GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n")
    })
    idle.resume()
    const silent = connect(dying.port, "127.0.0.1")
    const silentClosed = new Promise((resolve) => silent.once("close", resolve))
    await new Promise((resolve) => silent.once("connect", resolve))
    silent.resume()
    const answer = dying.raw(`GET /v1/orders/${UNKNOWN} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
    await arrived.promise
    const stopped = dying.stop()
    await Promise.all([idleClosed, silentClosed])
    await expect(fetch(`${dying.url}/livez`)).rejects.toThrow()
    release.resolve()
    expectRawProblem(await answer, 500, "internal-error")
    await stopped
  })

  it("gives the port back", async () => {
    const first = await HttpServer.start()
    await first.stop()
    const second = createServer().listen(first.port, "127.0.0.1")
    await new Promise((resolve) => second.once("listening", resolve))
    second.close()
  })
})

it("says in one line that the port is taken", async () => {
  const holder = createServer().listen(0, "127.0.0.1")
  await new Promise((resolve) => holder.once("listening", resolve))
  const { port } = holder.address() as AddressInfo
  const layer = Server.layer({ host: "127.0.0.1", port }).pipe(
    Layer.provide(FakeShop.layer()),
    Layer.provide(Logs.layer("test")),
    Layer.provide(Profiler.layer),
    Layer.provide(Layer.succeed(StockFeed, new Feed())),
    Layer.provide(Readiness.layer),
    Layer.provide(Dependencies.layer),
    Layer.provide(Layer.succeed(Probe, { emit: () => undefined })),
    Layer.provide(Layer.succeed(MetricsPage, { render: () => Effect.never })),
  )
  const exit = await Effect.runPromiseExit(Effect.scoped(Layer.build(layer)))
  holder.close()
  expect(exit).toEqual(
    Exit.fail(
      new CannotListen({
        message: `Cannot listen on 127.0.0.1:${port}: something else listens there already (choose another PORT)`,
      }),
    ),
  )
})
