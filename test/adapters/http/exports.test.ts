/** Exports over real HTTP: each row once, as lines of JSON or CSV, part by part and no faster than they are read. */
import { type IncomingMessage, get as request } from "node:http"
import { parse } from "csv-parse/sync"
import { Effect } from "effect"
import { afterEach, describe, expect, it } from "vitest"
import type { Shop } from "../../../src/app/shop.ts"
import type { ProductId } from "../../../src/domain/ids.ts"
import type { Product } from "../../../src/domain/product.ts"
import { unavailable } from "../../../src/ports/failures.ts"
import * as FakeShop from "../../support/fake-shop.ts"
import * as HttpServer from "../../support/http-server.ts"
import { until } from "../../support/service.ts"

let http: HttpServer.Running
afterEach(() => http.stop())

const lines = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line))

describe("an export", () => {
  const filled = async () => {
    http = await HttpServer.start()
    const made: Array<{ readonly id: string; readonly name: string }> = []
    for (const name of ['Jar, "large"', "달 항아리", "Jar; =with sum"]) {
      const goods = { sku: `sku ${made.length}`, name, price: { amount: 5, currency: "EUR" }, onHand: 9 }
      made.unshift((await http.post("/v1/products", goods)).body)
    }
    const body = {
      customerId: 'Ann "A", Bee',
      lines: made.slice(0, 2).map(({ id }) => ({ productId: id, quantity: 2 })),
      payment: "later",
    }
    const order = (await http.post("/v1/orders", body, { "idempotency-key": "one" })).body
    return { products: made, order }
  }

  it("has each product, stock and order as its own route shows it, a line each", async () => {
    const { order, products } = await filled()
    const exported = await http.get("/v1/exports/products")
    expect(exported.headers.get("content-type")).toBe("application/x-ndjson")
    expect(exported.headers.get("content-disposition")).toBe('attachment; filename="products.ndjson"')
    expect(lines(exported.text)).toEqual(products)
    expect(lines((await http.get("/v1/exports/orders")).text)).toEqual([order])
    const stock = lines((await http.get("/v1/exports/stock")).text)
    expect(stock.map(({ productId }) => productId)).toEqual(products.map(({ id }) => id))
    expect(stock[0]).toEqual({
      ...{ productId: products[0]!.id, sku: "sku 2" },
      ...{ onHand: 9, reserved: 2, available: 7, version: 2 },
    })
  })

  it("is CSV by its format or by what is accepted, and is read as it was written", async () => {
    const { order, products } = await filled()
    const exported = await http.get("/v1/exports/products?format=csv")
    expect(exported.headers.get("content-type")).toBe("text/csv; charset=utf-8")
    const rows = parse(exported.text, { columns: true }) as ReadonlyArray<Record<string, string>>
    expect(rows.map(({ name }) => name)).toEqual(products.map(({ name }) => name))
    expect(rows[0]).toMatchObject({ id: products[0]!.id, price: "5", currency: "EUR", purchaseLimit: "" })
    const orders = await http.get("/v1/exports/orders", { accept: "text/html, text/csv;q=0.9" })
    const placed = parse(orders.text, { columns: true }) as ReadonlyArray<Record<string, string>>
    expect(placed.map(({ productId }) => productId)).toEqual(
      order.lines.map((line: { productId: string }) => line.productId),
    )
    expect(placed[0]).toMatchObject({
      id: order.id,
      customerId: 'Ann "A", Bee',
      total: "20",
      quantity: "2",
      unitPrice: "5",
    })
    const stock = await http.get("/v1/exports/stock?format=ndjson", { accept: "text/csv" })
    expect(lines(stock.text)).toHaveLength(3)
  })

  it("of an empty shop has no line, and in CSV its head", async () => {
    http = await HttpServer.start()
    expect((await http.get("/v1/exports/orders")).text).toBe("")
    expect((await http.get("/v1/exports/stock?format=csv")).text).toBe(
      "productId,sku,onHand,reserved,available,version\r\n",
    )
  })

  it.each([
    ["/v1/exports/products?format=xml", "query/format"],
    ["/v1/exports/products?limit=3", "query/limit"],
  ])("refuses %s", async (path, pointer) => {
    http = await HttpServer.start()
    const answer = await http.get(path)
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer])
  })
})

/** A shop with endless products, each part of which is counted. */
const endless = (parts: { asked: number }, fail = Number.POSITIVE_INFINITY): Partial<Shop["Service"]> => ({
  listProducts: ({ limit }) =>
    Effect.suspend(() => {
      if (++parts.asked > fail) return Effect.fail(unavailable("database"))
      const product = (n: number): Product => ({
        id: `00000000-0000-7000-8000-${String(n).padStart(12, "0")}` as ProductId,
        sku: `sku-${n}`,
        name: "x".repeat(200),
        price: { amount: 1, currency: "EUR" },
        purchaseLimit: null,
        createdAt: 0,
        version: 1,
        archived: false,
      })
      const rows = Array.from({ length: limit }, (_, index) => product(parts.asked * limit + index))
      return Effect.succeed({ rows, next: rows.at(-1)!.id })
    }),
})

/** Whether some parts were asked for, and none any more for ten looks in a row. */
const atRest = (parts: { readonly asked: number }) => {
  let seen = 0
  let looks = 0
  return () => {
    looks = parts.asked === seen && seen > 1 ? looks + 1 : 0
    seen = parts.asked
    return looks >= 10
  }
}

const open = (path: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => void request(http.url + path, resolve).once("error", reject))

describe("an export that is long", () => {
  it("is read no further than its reader takes, and no more once the reader has gone", async () => {
    const parts = { asked: 0 }
    http = await HttpServer.start(FakeShop.make(endless(parts)))
    const response = await open("/v1/exports/products")
    response.pause()
    await until("no further part is asked for", atRest(parts))
    const seen = parts.asked
    // What sockets and the parts on their way hold: some MiB of 150 KiB each.
    expect(parts.asked).toBeLessThan(100)
    for await (const _ of response) if (parts.asked > seen + 5) break
    response.destroy()
    await until("no part is asked for any more", atRest(parts))
  })

  it("ends without its end when a part cannot be read, so that it is not taken for a whole one", async () => {
    http = await HttpServer.start(FakeShop.make(endless({ asked: 0 }, 3)))
    const response = await open("/v1/exports/products")
    await expect(
      (async () => {
        for await (const _ of response);
      })(),
    ).rejects.toThrow("aborted")
    expect(response.complete).toBe(false)
  })

  it("that cannot begin is a problem", async () => {
    http = await HttpServer.start(FakeShop.make(endless({ asked: 0 }, 0)))
    expect((await http.get("/v1/exports/products")).body).toMatchObject({ status: 503, code: "database" })
  })

  it("is one of a few: further ones are refused until one has ended; an answer to HEAD is none", async () => {
    http = await HttpServer.start(FakeShop.make(endless({ asked: 0 })))
    for (let n = 0; n < 9; n++)
      expect((await fetch(`${http.url}/v1/exports/products`, { method: "HEAD" })).status).toBe(200)
    const readers = await Promise.all(Array.from({ length: 4 }, () => open("/v1/exports/products")))
    expect(readers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200])
    expect((await http.get("/v1/exports/products")).body).toMatchObject({ status: 503, code: "overloaded" })
    for (const reader of readers) reader.destroy()
    await until("there is room again", async () => {
      const response = await open("/v1/exports/products")
      response.destroy()
      return response.statusCode === 200
    })
  })
})
