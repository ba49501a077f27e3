/**
 * One caller, one command after another, against a model so simple that it can be read: every answer and, after every
 * command, every shelf is compared exactly. What runs at the same time is for the other suites.
 *
 * The model knows one thing about workers: an order over several of them is refused as the first of them would refuse it, the
 * order's home last; nothing is held for it, and no version counted.
 */
import { Effect, Exit, Layer, ManagedRuntime, Stream, SubscriptionRef } from "effect"
import fc from "fast-check"
import { afterEach, describe, expect, it, vi } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { atomic } from "../../src/adapters/postgres/transactional/guards/atomic.ts"
import { pessimistic } from "../../src/adapters/postgres/transactional/guards/pessimistic.ts"
import * as TransactionalInventory from "../../src/adapters/postgres/transactional/inventory.ts"
import * as TransactionalWorkers from "../../src/adapters/postgres/transactional/workers.ts"
import { Readiness } from "../../src/app/health.ts"
import { Turns } from "../../src/app/inventory/turn.ts"
import { Shop } from "../../src/app/shop.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import type { Status } from "../../src/domain/order.ts"
import * as Books from "../support/books.ts"
import * as MemoryShop from "../support/memory-shop.ts"
import { freshDatabase } from "../support/postgres.ts"
import { runs } from "../support/runs.ts"

interface Shelf {
  readonly id: ProductId
  readonly unitPrice: { readonly amount: number; readonly currency: string }
  readonly limit: number | null
  /** Units each customer has. */
  readonly units: Map<string, number>
  onHand: number
  reserved: number
  version: number
}

interface Line {
  readonly productId: ProductId
  readonly quantity: number
}

interface Deal {
  readonly id: OrderId
  readonly customerId: string
  readonly lines: ReadonlyArray<Line>
  status: Status
  version: number
}

interface Model {
  readonly workers: number
  readonly skus: Set<string>
  readonly shelves: Array<Shelf>
  readonly deals: Array<Deal>
  keys: number
}

interface Real {
  readonly shop: Shop["Service"]
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Promise<A | { readonly refused: unknown }>
}

type Step = fc.AsyncCommand<Model, Real>

const ABSENT = "018f0000-0000-7000-8000-000000000000"

const shelfOf = (model: Model, id: ProductId): Shelf | undefined => model.shelves.find((shelf) => shelf.id === id)

const idOf = (model: Model, product: number): ProductId => model.shelves[product]?.id ?? (ABSENT as ProductId)

const dealOf = (model: Model, order: number): Deal | undefined => model.deals[order % Math.max(1, model.deals.length)]

const stockOf = ({ id, onHand, reserved, version }: Shelf) => ({ productId: id, stock: { onHand, reserved, version } })

const refused = (_tag: string, details: object) => ({ refused: { _tag, ...details } })

const missing = (productId: ProductId) => refused("ProductNotFound", { productId })

/** Every shelf, as it is shown after each command. */
const sameShelves = async (model: Model, { shop, run }: Real): Promise<void> => {
  for (const shelf of model.shelves) expect(await run(shop.readStock(shelf.id))).toEqual(stockOf(shelf))
}

const step = (name: string, run: (model: Model, real: Real) => Promise<void>): Step => ({
  check: () => true,
  run: async (model, real) => {
    await run(model, real)
    await sameShelves(model, real)
  },
  toString: () => name,
})

const create = (number: number, onHand: number, limit: number | null) =>
  step(`create(sku-${number}, ${onHand}, limit ${limit})`, async (model, { shop, run }) => {
    const sku = `sku-${number}`
    const unitPrice = { amount: 100 + number, currency: "EUR" }
    const asked = { sku, name: "thing", price: unitPrice, onHand, purchaseLimit: limit, claim: null }
    const answer = await run(shop.createProduct(asked))
    if (model.skus.has(sku)) return expect(answer).toEqual(refused("SkuTaken", { sku }))
    const { claim: _, onHand: __, ...product } = asked
    expect(answer).toMatchObject({ value: product, replayed: false })
    if ("refused" in answer) return
    model.skus.add(sku)
    model.shelves.push({ id: answer.value.id, unitPrice, limit, units: new Map(), onHand, reserved: 0, version: 1 })
  })

/** Both ways to change what is on hand; what would leave less than is reserved is refused. */
const change = (kind: "receive" | "adjust", product: number, by: number) =>
  step(`${kind}(${product}, ${by})`, async (model, { shop, run }) => {
    const productId = idOf(model, product)
    const answer = await run(
      kind === "receive"
        ? shop.receiveStock({ productId, quantity: by, claim: null })
        : shop.adjustStock({ productId, delta: by, reason: "counted", claim: null }),
    )
    const shelf = shelfOf(model, productId)
    if (shelf === undefined) return expect(answer).toEqual(missing(productId))
    const available = shelf.onHand - shelf.reserved
    if (available + by < 0) return expect(answer).toMatchObject(refused("InsufficientStock", { productId, available }))
    shelf.onHand += by
    shelf.version += 1
    expect(answer).toEqual({ value: stockOf(shelf), replayed: false })
  })

const read = (product: number) =>
  step(`read(${product})`, async (model, { shop, run }) => {
    const productId = idOf(model, product)
    const shelf = shelfOf(model, productId)
    expect(await run(shop.readStock(productId))).toEqual(shelf === undefined ? missing(productId) : stockOf(shelf))
  })

const take = (shelf: Shelf, customerId: string, units: number, reserved: number, onHand: number) => {
  shelf.units.set(customerId, (shelf.units.get(customerId) ?? 0) + units)
  shelf.reserved += reserved
  shelf.onHand += onHand
  shelf.version += 1
}

/** Why one worker refuses its lines; null: it does not. */
const refusal = (model: Model, customerId: string, lines: ReadonlyArray<Line>) => {
  for (const { productId } of lines) if (shelfOf(model, productId) === undefined) return missing(productId)
  for (const { productId, quantity } of lines) {
    const { limit, units, onHand, reserved } = shelfOf(model, productId)!
    const had = units.get(customerId) ?? 0
    if (limit !== null && had + quantity > limit)
      return refused("PurchaseLimitExceeded", { productId, limit, remaining: limit - had })
    const available = onHand - reserved
    if (quantity > available) return refused("InsufficientStock", { productId, available })
  }
  return null
}

/** Reserves all lines, or says why not. */
const reserve = (model: Model, customerId: string, lines: ReadonlyArray<Line>) => {
  const workerOf = (lane: Lane.Lane) => lane % model.workers
  const home = workerOf(Lane.home(lines.map(({ productId }) => productId)))
  const others = [...new Set(lines.map(({ productId }) => workerOf(Lane.of(productId))))].filter((w) => w !== home)
  for (const worker of [...others.sort(), home]) {
    const theirs = lines.filter(({ productId }) => workerOf(Lane.of(productId)) === worker)
    const why = refusal(model, customerId, theirs)
    if (why !== null) return why
  }
  for (const { productId, quantity } of lines) take(shelfOf(model, productId)!, customerId, quantity, quantity, 0)
  return null
}

const settle = (model: Model, deal: Deal, status: "paid" | "payment_failed" | "cancelled") => {
  for (const { productId, quantity } of deal.lines) {
    const shelf = shelfOf(model, productId)!
    if (status === "paid") take(shelf, deal.customerId, 0, -quantity, -quantity)
    else if (deal.status === "paid") take(shelf, deal.customerId, -quantity, 0, quantity)
    else take(shelf, deal.customerId, -quantity, -quantity, 0)
  }
  deal.status = status
  deal.version += 1
}

const orderOf = (model: Model, { id, customerId, lines, status, version }: Deal) => {
  const priced = lines.map((line) => ({ ...line, unitPrice: shelfOf(model, line.productId)!.unitPrice }))
  const amount = priced.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice.amount, 0)
  return { id, customerId, lines: priced, total: { amount, currency: "EUR" }, status, version }
}

const saleOf = (model: Model, deal: Deal) => ({
  value: {
    order: orderOf(model, deal),
    outcome: deal.status === "payment_failed" ? "declined" : deal.status,
  },
  replayed: false,
})

type Money = "later" | "tok_ok" | "tok_decline"

const place = (customer: number, wanted: ReadonlyArray<readonly [product: number, quantity: number]>, money: Money) =>
  step(`place(customer ${customer}, ${JSON.stringify(wanted)}, ${money})`, async (model, { shop, run }) => {
    const customerId = `customer-${customer}`
    const lines = wanted.map(([product, quantity]) => ({ productId: idOf(model, product), quantity }))
    const merged = new Map<ProductId, number>()
    for (const { productId, quantity } of lines) merged.set(productId, (merged.get(productId) ?? 0) + quantity)
    const claim = { route: "orders", key: `key-${model.keys++}`, fingerprint: ABSENT } as const
    const paying = money === "later" ? { _tag: "Later" as const } : { _tag: "Token" as const, token: money }
    const answer = await run(
      shop.placeOrder({
        customerId,
        lines,
        paying: paying._tag === "Later" ? paying : { ...paying, answer: "wait" },
        claim,
      }),
    )
    const asked = [...merged].map(([productId, quantity]) => ({ productId, quantity }))
    const why = reserve(model, customerId, asked)
    // Beside it stands what may come back, which may be a second old.
    if (why !== null) return expect(answer).toMatchObject(why)
    expect(answer).toHaveProperty("value")
    if ("refused" in answer) return
    const deal: Deal = { id: answer.value.order.id, customerId, lines: asked, status: "reserved", version: 1 }
    model.deals.push(deal)
    if (money !== "later") settle(model, deal, money === "tok_ok" ? "paid" : "payment_failed")
    expect(answer).toMatchObject(saleOf(model, deal))
  })

const pay = (order: number, token: "tok_ok" | "tok_decline") =>
  step(`pay(${order}, ${token})`, async (model, { shop, run }) => {
    const deal = dealOf(model, order)
    const orderId = deal?.id ?? (ABSENT as OrderId)
    const answer = await run(shop.payOrder({ orderId, token, answer: "wait", claim: null }))
    if (deal === undefined) return expect(answer).toEqual(refused("OrderNotFound", { orderId }))
    const { status } = deal
    if (status !== "reserved" && status !== "paid")
      return expect(answer).toEqual(refused("NotPayable", { orderId, status }))
    if (status === "reserved") {
      deal.version += 1
      settle(model, deal, token === "tok_ok" ? "paid" : "payment_failed")
    }
    expect(answer).toMatchObject(saleOf(model, deal))
  })

/** Twice, of which the second changes nothing. A refund goes on behind the scenes and counts a version, at some time. */
const cancel = (order: number) =>
  step(`cancel(${order}), and again`, async (model, { shop, run }) => {
    const deal = dealOf(model, order)
    const orderId = deal?.id ?? (ABSENT as OrderId)
    const ask = () => run(shop.cancelOrder({ orderId, reason: "no longer", claim: null }))
    const answer = await ask()
    if (deal === undefined) return expect(answer).toEqual(refused("OrderNotFound", { orderId }))
    const { status } = deal
    if (status === "payment_failed") return expect(answer).toEqual(refused("NotCancellable", { orderId, status }))
    if (status !== "cancelled") {
      settle(model, deal, "cancelled")
      expect(answer).toMatchObject({ value: orderOf(model, deal), replayed: false })
    }
    await sameShelves(model, { shop, run })
    const { version: _, ...same } = orderOf(model, deal)
    expect(await ask()).toMatchObject({ value: { ...same, reason: "no longer" }, replayed: false })
  })

const small = fc.integer({ min: 1, max: 5 })
const product = fc.nat(4)
const customer = fc.nat(2)
const lines = fc.array(fc.tuple(product, small), { minLength: 1, maxLength: 3 })
const money = fc.constantFrom<Money>("later", "tok_ok", "tok_decline")
const token = fc.constantFrom("tok_ok" as const, "tok_decline" as const)

const steps = (maxCommands: number) =>
  fc.commands<Model, Real, false>(
    [
      fc.tuple(fc.nat(6), fc.integer({ min: 0, max: 30 }), fc.option(small)).map((of) => create(...of)),
      fc.tuple(product, small).map(([of, by]) => change("receive", of, by)),
      fc.tuple(product, fc.integer({ min: -8, max: 8 })).map(([of, by]) => change("adjust", of, by)),
      product.map(read),
      fc.tuple(customer, lines, money).map((of) => place(...of)),
      fc.tuple(customer, lines, money).map((of) => place(...of)),
      fc.tuple(fc.nat(9), token).map((of) => pay(...of)),
      fc.nat(9).map(cancel),
    ] as Array<fc.Arbitrary<Step>>,
    { maxCommands, size: "max" },
  )

const opened = Effect.gen(function* () {
  const readiness = yield* Readiness
  yield* SubscriptionRef.changes(readiness).pipe(
    Stream.filter((state) => state === "ready"),
    Stream.runHead,
  )
  return yield* Shop
})

/** Some shelves to begin with, so that no program is spent on an empty shop. */
const OPENING = [create(0, 10, null), create(1, 6, 4), create(2, 8, null)]

const agrees = async (shop: ReturnType<typeof MemoryShop.layer>, workers: number, program: Iterable<Step>) => {
  const runtime = ManagedRuntime.make(shop)
  try {
    const real: Real = {
      shop: await runtime.runPromise(opened),
      run: async (effect) => {
        const exit = await runtime.runPromise(Effect.exit(effect))
        if (Exit.isSuccess(exit)) return exit.value
        const [reason] = exit.cause.reasons
        if (reason?._tag !== "Fail") throw new Error(String(exit.cause))
        return { refused: (reason.error as { readonly rejection?: unknown }).rejection ?? reason.error }
      },
    }
    const model: Model = { workers, skus: new Set(), shelves: [], deals: [], keys: 0 }
    for (const opening of OPENING) await opening.run(model, real)
    await fc.asyncModelRun(() => ({ model, real }), program)
  } finally {
    await runtime.dispose()
  }
}

const inMemory = (workers: number) =>
  fc.asyncProperty(steps(40), (program) => agrees(MemoryShop.layer({ workers }), workers, program))

/** Programs per test, about a second each test. */
const RUNS = runs(60, 200)
/** A database of its own each. */
const POSTGRES_RUNS = runs(4, 12)

describe("a shop, command by command", () => {
  afterEach(() => void vi.restoreAllMocks())

  it.each([1, 3])("answers as the model does, with %i workers", async (workers) => {
    await fc.assert(inMemory(workers), { numRuns: RUNS })
  })

  it.each([1, 3])("answers as the model does over Postgres, with %i workers", async (workers) => {
    const property = fc.asyncProperty(steps(30), async (program) => {
      const books = Books.postgres(await freshDatabase())
      await agrees(MemoryShop.over(books, { workers }) as never, workers, program)
    })
    await fc.assert(property, { numRuns: POSTGRES_RUNS })
  })

  it.each(Object.entries({ atomic, pessimistic }))(
    "answers as the model does over Postgres, without owners, under the guard %s",
    async (_, guard) => {
      const property = fc.asyncProperty(steps(30), async (program) => {
        const url = await freshDatabase()
        const client = PostgresClient.layer(url)
        const transactions = TransactionalWorkers.layer.pipe(
          Layer.provide(TransactionalInventory.layer(guard)),
          Layer.provide(client),
        )
        const shop = MemoryShop.over(Books.postgres(url), { workers: 1 }, transactions)
        await agrees(shop as never, 1, program)
      })
      await fc.assert(property, { numRuns: POSTGRES_RUNS })
    },
  )

  it("would find a shop that receives one unit too many", async () => {
    const decide = Turns.prototype.decide
    vi.spyOn(Turns.prototype, "decide").mockImplementation(function (this: Turns, command, now) {
      const given = command._tag === "Receive" ? { ...command, quantity: command.quantity + 1 } : command
      return decide.call(this, given, now)
    })
    const { counterexample } = await fc.check(inMemory(1), { numRuns: RUNS })
    // Shrunk to the one command that is to blame.
    expect(String(counterexample)).toMatch(/^receive\(\d, \d\)( \/\*.*)?$/)
  })
})
