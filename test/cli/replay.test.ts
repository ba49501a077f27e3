import { Effect } from "effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type * as Baskets from "../../src/adapters/cli/baskets.ts"
import * as Replay from "../../src/adapters/cli/replay.ts"
import { FakeService, problem } from "./fake-service.ts"

/** Collects what would be drawn; a terminal only when asked. */
const screen = (isTTY = false) => {
  const drawn: Array<string> = []
  return { isTTY, drawn, write: (text: string) => drawn.push(text) }
}

describe("replay", () => {
  let service: FakeService
  let url: string

  beforeEach(async () => {
    service = new FakeService()
    url = await service.start()
  })
  afterEach(() => service.stop())

  /** A name that comes twice in a line is bought twice. */
  const basket = (line: string): Baskets.Basket =>
    Array.from(
      Map.groupBy(line.split(","), (name) => name),
      ([name, { length }]) => ({ name, quantity: length }),
    )

  const replay = (csv: string, options: Partial<Replay.Options> = {}) =>
    Effect.runPromise(
      Replay.run(
        { orders: csv.trimEnd().split("\n").map(basket), split: 0 },
        {
          url,
          concurrency: 8,
          onHand: 100,
          screen: screen(),
          patienceMs: 10_000,
          ...options,
        },
      ),
    )

  const rounds = (line: string, count: number) => `${line}\n`.repeat(count)

  it("creates each product once and places one order a line", async () => {
    const report = await replay("milk,tea\ntea\nmilk,milk\n")
    expect(report).toMatchObject({ orders: 3, placed: 3, refused: 0, failed: 0, audit: "clean", problems: [] })
    expect([...service.products.values()].map(({ name, onHand }) => [name, onHand])).toEqual([
      ["milk", 97],
      ["tea", 98],
    ])
  })

  it("counts refusals as answers, and the audit is clean when the shelf is empty", async () => {
    const report = await replay(rounds("milk", 40), { onHand: 15 })
    expect(report).toMatchObject({ orders: 40, placed: 15, refused: 25, failed: 0, audit: "clean" })
  })

  it("audits ledgers longer than a page", async () => {
    const report = await replay(rounds("milk", 130), { onHand: 130 })
    expect(report).toMatchObject({ placed: 130, audit: "clean" })
    expect([...service.products.values()][0]!.movements).toHaveLength(261)
  })

  it("repeats with the same key what was answered 503, 409 in progress, or not at all", async () => {
    service.interfere = ({ count, key, path }) => {
      if (path !== "/v1/orders") return null
      if (count === 1) return { ...problem(503, "unavailable"), headers: { "retry-after": "0" } }
      if (count === 2) return problem(409, "idempotency-in-progress")
      if (count === 3 && key.endsWith("-1")) return { status: 0 }
      return null
    }
    const report = await replay("milk\ntea\n")
    expect(report).toMatchObject({ orders: 2, placed: 2, refused: 0, failed: 0, audit: "clean" })
    expect(service.requests).toHaveLength(7)
    expect(new Set(service.requests.map(({ key }) => key)).size).toBe(2)
  })

  it("is clean when an answer was lost after the order was placed, because the key makes it one order", async () => {
    service.interfere = ({ count, path }) => {
      if (path !== "/v1/orders" || count > 1) return null
      const { body, key } = service.requests.at(-1)!
      // Placed and remembered, then the line goes dead.
      service["answers"].set(key, service.place(body))
      return { status: 0 }
    }
    const report = await replay(rounds("milk", 5))
    expect(report).toMatchObject({ placed: 5, failed: 0, audit: "clean" })
    expect(service.orders.size).toBe(5)
  })

  it("counts an order as failed when the service breaks or stays busy longer than patience lasts", async () => {
    service.interfere = ({ key, path }) => {
      if (path !== "/v1/orders") return null
      return key.endsWith("-2") ? problem(500, "defect") : key.endsWith("-3") ? problem(503, "unavailable") : null
    }
    const report = await replay(rounds("milk", 3), { patienceMs: 100 })
    expect(report).toMatchObject({ orders: 3, placed: 1, failed: 2, audit: "clean" })
    expect(report.failures.toSorted()).toEqual(["order 2: 500 defect defect", "order 3: 503 unavailable unavailable"])
  })

  it("waits with its audit until what was only reserved has been settled", async () => {
    service.place = ({ customerId, lines }) => {
      const id = `o${service.orders.size + 1}`
      service.orders.set(id, { id, customerId })
      for (const { productId, quantity } of lines)
        service.move(service.products.get(productId)!, "reserved", 0, quantity, id)
      return { status: 202, body: { id, status: "reserved" } }
    }
    let readings = 0
    service.cook = (product) => {
      readings++
      if (readings === 3) service.move(product, "confirmed", -1, -1, "o1")
      if (readings === 5) service.move(product, "expired", 0, -1, "o2")
    }
    const report = await replay(rounds("milk", 2))
    expect(report).toMatchObject({ placed: 2, audit: "clean" })
    expect(readings).toBeGreaterThan(5)
  })

  it("gives every run its own SKUs, customers and keys", async () => {
    await replay("milk\n")
    await replay("milk\n")
    const [first, second] = service.requests
    expect(first!.key).not.toBe(second!.key)
    expect(first!.body.customerId).not.toBe(second!.body.customerId)
    expect(service.products.size).toBe(2)
  })

  it("makes up the same price for the same name", () => {
    expect(Replay.priceOf("whole milk")).toEqual({ amount: 456, currency: "EUR" })
    expect(Replay.priceOf("tea")).not.toEqual(Replay.priceOf("milk"))
  })

  it("says in one line when the service is not there", async () => {
    await service.stop()
    await expect(replay("milk\n")).rejects.toThrow(/^no answer from http:\/\/127.0.0.1:\d+ \(ECONNREFUSED\)$/)
    service = new FakeService()
    await service.start()
  })

  it("says in one line when a product is refused", async () => {
    service.interfere = ({ path }) => (path === "/v1/products" ? problem(400, "invalid-request") : null)
    await expect(replay("milk\n")).rejects.toThrow('the service did not create product "milk": 400 invalid-request')
  })

  it("draws a bar on a terminal only", async () => {
    const terminal = screen(true)
    const pipe = screen()
    await replay("milk\n", { screen: terminal })
    await replay("milk\n", { screen: pipe })
    expect(terminal.drawn.join("")).toContain("1/1")
    expect(pipe.drawn).toEqual([])
  })

  it("takes percentiles by nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
    expect([50, 95, 99].map((percent) => Replay.percentile(hundred, percent))).toEqual([50, 95, 99])
    expect(Replay.percentile([7], 99)).toBe(7)
  })

  describe("with a service that lies", () => {
    const lies: ReadonlyArray<readonly [string, (service: FakeService) => void, RegExp]> = [
      [
        "sells behind the buyer's back",
        (service) => {
          const place = service.place.bind(service)
          service.place = (body) => [place(body), place(body)][0]!
        },
        /^3 orders exist that were never answered, and only 0 answers are missing$/,
      ],
      [
        "confirms one hold twice",
        (service) => {
          const place = service.place.bind(service)
          service.place = (body) => {
            const answer = place(body)
            const { productId } = body.lines[0]!
            service.move(service.products.get(productId)!, "confirmed", -1, -1, `o${service.orders.size}`)
            return answer
          }
        },
        /milk: order o1 ended more units than it held \(1\)/,
      ],
      ["leaves a movement out", once((product) => product.movements.splice(2, 1)), /milk: versions jump from 2 to 4/],
      [
        "goes below zero",
        once((product) => product.movements.push({ ...product.movements.at(-1)!, ...below(product.movements.length) })),
        /milk: at version 8 -?\d+ units are reserved of -\d+ on hand/,
      ],
      ["shows another stock than its movements", once((product) => product.onHand++), /milk: its stock says onHand 98/],
      [
        "begins with more than was put there",
        once((product) => {
          for (const movement of product.movements) movement.onHand += 10
          product.movements[0]!.onHandDelta += 10
          product.onHand += 10
        }),
        /milk: it began with created 110, not created 100/,
      ],
      [
        "answers two orders with one id",
        (service) => {
          const place = service.place.bind(service)
          let first: ReturnType<typeof place> | undefined
          service.place = (body) => (first ??= place(body))
        },
        /2 orders were answered with the id of another order/,
      ],
      [
        "takes the money and keeps the unit",
        (service) => {
          service.place = ({ customerId }) => {
            const id = `o${service.orders.size + 1}`
            service.orders.set(id, { id, customerId })
            return { status: 201, body: { id } }
          }
        },
        /milk: order o1 bought 1 units and the ledger knows nothing of it/,
      ],
    ]

    it.each(lies)("catches one that %s", async (_, lie, finding) => {
      lie(service)
      const report = await replay(rounds("milk", 3), { concurrency: 1 })
      expect(report).toMatchObject({ placed: 3, audit: "violated" })
      expect(
        report.problems.some((problem) => finding.test(problem)),
        report.problems.join("\n"),
      ).toBe(true)
    })
  })
})

type Product = Parameters<FakeService["cook"]>[0]

/** Cooks each product's books once, before they are first read. */
function once(change: (product: Product) => void) {
  return (service: FakeService) => {
    const cooked = new Set<Product>()
    service.cook = (product) => {
      if (!cooked.has(product)) change(product)
      cooked.add(product)
    }
  }
}

const below = (length: number) => ({ version: length + 1, type: "adjusted", onHandDelta: -1_000, onHand: -903 })
