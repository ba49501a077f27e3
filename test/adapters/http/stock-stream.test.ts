/** Streams of stock on the wire: what they say and when, to whom, and how they end. */
import { connect, type Socket } from "node:net"
import { Effect } from "effect"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { EVERY_MS } from "../../../src/adapters/http/stock-channel.ts"
import type { ProductId } from "../../../src/domain/ids.ts"
import { unavailable } from "../../../src/ports/failures.ts"
import * as HttpServer from "../../support/http-server.ts"
import { ownNow } from "../../support/own-time.ts"
import { soon } from "../../support/soon.ts"

const NEW = { sku: "S", name: "Lamp", price: { amount: 100, currency: "EUR" }, onHand: 10 }
const UNKNOWN = "019aa000-0000-7000-8000-000000000000"
const ROUTE = "/v1/products/{id}/stock/stream"

interface Said {
  readonly event: string
  readonly id: string
  readonly data: { readonly available: number; readonly version: number }
}

const sockets = new Set<Socket>()
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
})

/** A stream as its client hears it. */
class Client {
  text = ""
  isClosed = false
  readonly socket: Socket

  constructor(port: number, id: string, headers: ReadonlyArray<string> = []) {
    this.socket = connect(port, "127.0.0.1").setEncoding("utf8")
    sockets.add(this.socket)
    const lines = [`GET /v1/products/${id}/stock/stream HTTP/1.1`, "host: localhost", ...headers]
    this.socket.write(`${lines.join("\r\n")}\r\n\r\n`)
    this.socket.on("data", (chunk) => {
      this.text += chunk
    })
    this.socket.on("error", () => undefined)
    this.socket.on("close", () => {
      this.isClosed = true
    })
  }

  get head(): string {
    return this.text.split("\r\n\r\n")[0]!.toLowerCase()
  }

  get events(): ReadonlyArray<Said> {
    const body = this.text.split("\r\n\r\n")[1] ?? ""
    return body.split("\n\n").flatMap((block) => {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(": ")))
      return fields.data === undefined ? [] : [{ event: fields.event, id: fields.id, data: JSON.parse(fields.data) }]
    })
  }

  get seen(): ReadonlyArray<string> {
    return this.events.map(({ data, event, id }) => `${event} ${id}: ${data.available}`)
  }

  until = (done: () => boolean) => soon(done)

  opened = () => this.until(() => this.text.includes("retry:"))
}

let shop: HttpServer.Running
let id: ProductId
beforeAll(async () => {
  shop = await HttpServer.start({}, null, { streamsMax: 8 })
  id = (await shop.post("/v1/products", NEW)).body.id
})
afterAll(() => shop.stop())

const commit = (version: number, available: number, productId = id) =>
  shop.feed.changed([{ productId, stock: { onHand: available, reserved: 0, version } }])

const pause = (productId: ProductId | null) => ({ productId, reason: "recall", since: 0, until: null })

const freshProduct = async (sku: string): Promise<ProductId> =>
  (await shop.post("/v1/products", { ...NEW, sku })).body.id

/** Which of these clients heard something, in the order in which it came. */
const arrivals = (clients: Readonly<Record<string, Client>>): ReadonlyArray<string> => {
  const order: Array<string> = []
  for (const [name, { socket }] of Object.entries(clients)) socket.on("data", () => order.push(name))
  return order
}

const left = () => soon(() => shop.feed.watched.length === 0)

describe("a stream of stock", () => {
  it("begins with the stock as it stands, and sends each change", async () => {
    const client = new Client(shop.port, id)
    await client.until(() => client.events.length === 1)
    expect(client.head).toMatch(/^http\/1\.1 200 ok\r\n/)
    expect(client.head).toContain("content-type: text/event-stream")
    expect(client.head).toContain("cache-control: no-store")
    expect(client.head).toContain("connection: close")
    expect(client.head).not.toContain("transfer-encoding")
    commit(2, 9)
    await client.until(() => client.events.length === 2)
    expect(client.seen).toEqual(["stock 1: 10", "stock 2: 9"])
    expect(client.events[1]!.data).toEqual({ productId: id, onHand: 9, reserved: 0, available: 9, version: 2 })
  })

  it("says the newest at most every 250 ms, and passes over what came between", async () => {
    const product = await freshProduct("conflated")
    const client = new Client(shop.port, product)
    await client.until(() => client.events.length === 1)
    const times: Array<number> = []
    client.socket.on("data", () => times.push(performance.now()))
    let version = 1
    const selling = setInterval(() => commit(++version, 100_000 - version, product), 5)
    await client.until(() => client.events.length >= 5)
    clearInterval(selling)
    await client.until(() => client.events.at(-1)!.data.version === version)
    expect(client.events.length).toBeLessThan(version / 2)
    const versions = client.events.map(({ data }) => data.version)
    expect(versions).toEqual([...versions].sort((a, b) => a - b))
    // Measured where they arrive, which may be late once and in time the next time.
    const span = times.at(-1)! - times[0]!
    expect(span).toBeGreaterThan((times.length - 1) * EVERY_MS - 100)
  })

  it("says at once that it is sold out, and that it is for sale again", async () => {
    const [product, ordinary] = [await freshProduct("turning"), await freshProduct("beside what turns")]
    const [client, other] = [new Client(shop.port, product), new Client(shop.port, ordinary)]
    const both = (count: number) =>
      Promise.all([client, other].map((each) => each.until(() => each.events.length === count)))
    await both(1)
    commit(2, 5, product)
    commit(2, 5, ordinary)
    await both(2)
    // Both have just been sent something: what is ordinary waits, though it was committed first.
    const order = arrivals({ client, other })
    commit(3, 4, ordinary)
    commit(3, 0, product)
    await both(3)
    expect(order).toEqual(["client", "other"])
    commit(4, 0, product)
    commit(5, 2, product)
    await client.until(() => client.events.at(-1)!.data.version === 5)
    expect(client.seen.slice(2).filter((said) => !said.startsWith("stock"))).toEqual([
      "sold-out 3: 0",
      "back-in-stock 5: 2",
    ])
  })

  it("says at once that an operator has paused the sale, or lets it go on, and says so to those who come meanwhile", async () => {
    const [product, ordinary] = [await freshProduct("paused"), await freshProduct("beside what is paused")]
    const client = new Client(shop.port, product, ["last-event-id: 1"])
    await client.opened()
    shop.pauses.put([pause(product)])
    await client.until(() => client.events.length === 1)
    const late = new Client(shop.port, product)
    await late.until(() => late.events.length === 2)
    // For a while everything is paused as well: nothing that this product's buyers would see.
    shop.pauses.put([pause(product), pause(null)])
    shop.pauses.put([pause(product)])
    const other = new Client(shop.port, ordinary)
    await other.until(() => other.events.length === 1)
    commit(2, 9, product)
    await client.until(() => client.events.length === 2)
    commit(2, 9, ordinary)
    await other.until(() => other.events.length === 2)
    // It has just been sent something: what is ordinary waits, though it was committed first.
    const order = arrivals({ client, other })
    commit(3, 8, ordinary)
    shop.pauses.put([])
    await other.until(() => other.events.length === 3)
    expect(order).toEqual(["client", "other"])
    await Promise.all([client, late].map((each) => each.until(() => each.events.at(-1)!.event === "resumed")))
    expect(client.seen).toEqual(["paused 1: 10", "stock 2: 9", "resumed 2: 9"])
    expect(late.seen.slice(0, 2)).toEqual(["stock 1: 10", "paused 1: 10"])
  })

  it("says nothing to a client that has seen this version, until there is a newer one", async () => {
    const product = await freshProduct("seen")
    const client = new Client(shop.port, product, ["last-event-id: 1"])
    const behind = new Client(shop.port, product, ["last-event-id: 0"])
    const confused = new Client(shop.port, product, ["last-event-id: yesterday"])
    await Promise.all([client, behind, confused].map((each) => each.opened()))
    commit(2, 9, product)
    await Promise.all([client, behind, confused].map((each) => each.until(() => each.seen.at(-1) === "stock 2: 9")))
    expect(client.seen).toEqual(["stock 2: 9"])
    expect(behind.seen).toEqual(["stock 1: 10", "stock 2: 9"])
    expect(confused.seen).toEqual(["stock 1: 10", "stock 2: 9"])
  })

  it("is watched while someone looks, and no longer", async () => {
    await left()
    const clients = [new Client(shop.port, id), new Client(shop.port, id)]
    await Promise.all(clients.map((each) => each.opened()))
    expect(shop.feed.watched).toEqual([id])
    clients[0]!.socket.destroy()
    commit(50, 3)
    await clients[1]!.until(() => clients[1]!.events.length === 2)
    expect(shop.feed.watched).toEqual([id])
    clients[1]!.socket.destroy()
    await left()
  })

  it("is answered as one request, when its head is written", async () => {
    const before = shop.heard.length
    const client = new Client(shop.port, id)
    await client.opened()
    client.socket.destroy()
    await left()
    const answered = shop.heard.slice(before).filter(({ _tag }) => _tag === "RequestAnswered")
    expect(answered).toMatchObject([{ method: "GET", route: ROUTE, status: 200 }])
  })
})

describe("many streams", () => {
  it("are all sent, each once a version, while one that never reads holds up none of them", async () => {
    const busy = await HttpServer.start({}, null, { streamsMax: 1_000 })
    const product = (await busy.post("/v1/products", NEW)).body.id
    const mute = new Client(busy.port, product)
    await mute.opened()
    mute.socket.pause()
    const clients = Array.from({ length: 999 }, () => new Client(busy.port, product))
    for (const each of clients) await each.until(() => each.events.length === 1)
    for (const version of [2, 3]) {
      busy.feed.changed([{ productId: product, stock: { onHand: 10, reserved: 0, version } }])
      for (const each of clients) await each.until(() => each.events.length === version)
    }
    expect(clients.every(({ seen }) => seen.join() === "stock 1: 10,stock 2: 10,stock 3: 10")).toBe(true)
    await busy.stop()
  })

  it("are sent what the newest of them has read, though no commit was announced yet", async () => {
    let version = 1
    const product = "019aa000-0000-7000-8000-000000000008" as ProductId
    const moving = await HttpServer.start({
      readStock: (productId) => Effect.succeed({ productId, stock: { onHand: 10, reserved: 0, version: version++ } }),
    })
    const first = new Client(moving.port, product)
    await first.until(() => first.events.length === 1)
    const second = new Client(moving.port, product)
    await first.until(() => first.events.length === 2)
    moving.feed.changed([{ productId: product, stock: { onHand: 10, reserved: 0, version: 2 } }])
    moving.feed.changed([{ productId: product, stock: { onHand: 10, reserved: 0, version: 3 } }])
    await first.until(() => first.events.length === 3)
    await second.until(() => second.events.length === 2)
    expect(first.seen).toEqual(["stock 1: 10", "stock 2: 10", "stock 3: 10"])
    await moving.stop()
  })

  it("are given what was committed while their stock was read", async () => {
    const read = Promise.withResolvers<void>()
    const product = "019aa000-0000-7000-8000-000000000007" as ProductId
    const slow = await HttpServer.start({
      readStock: (productId) =>
        Effect.as(
          Effect.promise(() => read.promise),
          { productId, stock: { onHand: 3, reserved: 0, version: 4 } },
        ),
    })
    const client = new Client(slow.port, product)
    await soon(() => slow.feed.watched.length === 1)
    slow.feed.changed([{ productId: product, stock: { onHand: 2, reserved: 0, version: 5 } }])
    read.resolve()
    await client.until(() => client.events.length === 2)
    expect(client.seen).toEqual(["stock 4: 3", "stock 5: 2"])
    await slow.stop()
  })
})

describe("what is no stream", () => {
  it("is a problem, as everywhere", async () => {
    expect((await shop.get(`/v1/products/${UNKNOWN}/stock/stream`)).body).toMatchObject({ code: "product-not-found" })
    expect((await shop.get("/v1/products/x/stock/stream")).status).toBe((await shop.get("/v1/products/x/stock")).status)
    expect((await shop.get(`/v1/products/${id}/stock/stream?x=1`)).body).toMatchObject({ code: "invalid-request" })
    for (const method of ["HEAD", "POST", "DELETE"]) {
      const { headers, status } = await shop.send(`/v1/products/${id}/stock/stream`, { method })
      expect([status, headers.get("allow")]).toEqual([405, "GET"])
    }
    const foreign = { "sec-fetch-site": "cross-site" }
    expect((await shop.get(`/v1/products/${id}/stock/stream`, foreign)).status).toBe(403)
  })

  it("leaves nothing watched", async () => {
    await shop.get(`/v1/products/${UNKNOWN}/stock/stream`)
    await left()
  })

  it("is 503 while another process decides", async () => {
    const standby = await HttpServer.start({ readStock: () => Effect.fail(unavailable("standby")) })
    const answer = await standby.get(`/v1/products/${UNKNOWN}/stock/stream`)
    expect(answer).toMatchObject({ status: 503, body: { code: "standby" } })
    expect(standby.heard).toContainEqual({ _tag: "RequestUnavailable", reason: "standby" })
    await standby.stop()
  })

  it("is 503 beyond the bound, until one of them ends", async () => {
    await left()
    const clients = Array.from({ length: 8 }, () => new Client(shop.port, id))
    await Promise.all(clients.map((each) => each.opened()))
    const refused = await shop.get(`/v1/products/${id}/stock/stream`)
    expect(refused).toMatchObject({ status: 503, body: { code: "overloaded" } })
    clients[0]!.socket.destroy()
    await soon(async () => {
      const another = new Client(shop.port, id)
      await another.until(() => another.text.includes("\r\n\r\n"))
      return another.head.startsWith("http/1.1 200")
    })
  })
})

describe("its connection", () => {
  it("answers nothing behind it", async () => {
    const client = new Client(shop.port, id)
    await client.opened()
    client.socket.write("GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n")
    await client.until(() => client.isClosed)
    expect(shop.heard).toContainEqual({ _tag: "ConnectionCut", why: "pipelined" })
  })

  it("ends with a word on when to come back, when the lanes are lost", async () => {
    const client = new Client(shop.port, id)
    await client.opened()
    shop.feed.endOf(id)
    await client.until(() => client.isClosed)
    expect(client.text).toMatch(/retry: \d+\n\n$/)
    const again = new Client(shop.port, id)
    await again.until(() => again.events.length === 1)
  })

  it("ends at once when the service ends", async () => {
    const ending = await HttpServer.start()
    const product = (await ending.post("/v1/products", NEW)).body.id
    const client = new Client(ending.port, product)
    await client.opened()
    const before = ownNow()
    await Promise.all([ending.stop(), client.until(() => client.isClosed)])
    // Far below the patience with what is under way.
    expect(ownNow() - before).toBeLessThan(5_000)
    expect(client.text).toMatch(/retry: \d+\n\n$/)
  })
})
