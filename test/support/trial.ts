/**
 * A trial: runs a program of calls against a whole shop, concurrently, and gives what everyone was answered and what the books
 * hold. Nothing here judges; `laws.ts` and `history-laws.ts` do.
 *
 * Time is virtual (it must run under `TestClock.layer()`): it passes while calls wait, and the same program runs the same
 * way again.
 */
import { createHash } from "node:crypto"
import { Context, Effect, Exit, type Fiber, Layer, References, Schedule, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as MemoryStore from "../../src/adapters/memory/store.ts"
import { Books as PaymentBooks } from "../../src/adapters/payment-simulator/payment.ts"
import { Shop } from "../../src/app/shop.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import { mergeLines } from "../../src/domain/order-lines.ts"
import type { Claim, Route } from "../../src/ports/inventory.ts"
import { Ledger } from "../../src/ports/ledger.ts"
import * as AllBooks from "./books.ts"
import { type Answer, type Call, undurable, type Versions } from "./history-laws.ts"
import type { Books } from "./laws.ts"
import * as MemoryShop from "./memory-shop.ts"
import type { Op, Program } from "./trade-program.ts"

export interface Trial {
  readonly calls: ReadonlyArray<Call>
  readonly books: Books
  /** What became of each charge, by order. */
  readonly charges: ReadonlyMap<string, string>
}

export type Wrap = (ledger: Ledger["Service"], store: MemoryStore.Shape) => Ledger["Service"]

export const HOLD_MS = 15_000
export const GRACE_MS = 5_000
const DEADLINE_MS = 1_000

/** An id that does not exist. */
const ABSENT = "018f0000-0000-7000-8000-000000000000"

const random = (seed: number) => {
  let state = seed | 0
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0
    return ((state >>> 8) & 0xffff) % below
  }
}

/** A ledger that takes its time, as a database does: commits and loads overlap with whatever else goes on. */
export const slow =
  (seed: number): Wrap =>
  (ledger) => {
    const next = random(seed)
    const delay = <A, E>(call: Effect.Effect<A, E>) =>
      Effect.suspend(() => Effect.sleep(next(12))).pipe(
        Effect.andThen(call),
        Effect.tap(() => Effect.sleep(next(5))),
      )
    return {
      commit: (batch) => delay(ledger.commit(batch)),
      receiptOf: ledger.receiptOf,
      load: (wanted) => delay(ledger.load(wanted)),
      due: (lanes, since, before, limit) => delay(ledger.due(lanes, since, before, limit)),
      boundKeys: (after, limit) => delay(ledger.boundKeys(after, limit)),
      raise: (lanes) => delay(ledger.raise(lanes)),
    }
  }

/** The books in memory, behind a ledger that is wrapped. */
export const wrapped = (wrap: Wrap) =>
  Layer.effect(
    Ledger,
    Effect.gen(function* () {
      return wrap(yield* Ledger, yield* MemoryStore.Store)
    }),
  ).pipe(Layer.provideMerge(AllBooks.memory))

const versionsIn = (store: MemoryStore.Tables): Versions =>
  new Map([...store.stocks].map(([id, { version }]) => [id, version]))

const fingerprint = (op: unknown): string => {
  const hash = createHash("md5").update(JSON.stringify(op)).digest("hex")
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-${hash.slice(12, 16)}-${hash.slice(16, 20)}-${hash.slice(20)}`
}

const claimOf = (route: Route, op: Op): Claim | null =>
  "key" in op && op.key !== null ? { route, key: `key-${op.key}`, fingerprint: fingerprint(op) } : null

/** What a run knows. */
export class Traders {
  readonly products: Array<ProductId> = []
  readonly placed: Array<OrderId> = []
  readonly calls: Array<Call> = []
  /** As the HTTP API does: a key whose first request is still under way is not handed on. */
  readonly inFlight = new Set<string>()
  readonly shop: Shop["Service"]
  /** Null: the store cannot be looked into. */
  readonly store: MemoryStore.Tables | null

  constructor(shop: Shop["Service"], store: MemoryStore.Tables | null) {
    this.shop = shop
    this.store = store
  }

  #product(number: number): ProductId {
    return this.products[number] ?? (ABSENT as ProductId)
  }

  #order(number: number): OrderId {
    return this.placed[number % Math.max(1, this.placed.length)] ?? (ABSENT as OrderId)
  }

  #prepare(op: Op) {
    const { shop } = this
    switch (op.op) {
      case "create": {
        const claim = claimOf("products", op)
        const asked = { sku: `sku-${op.sku}`, name: "thing", price: { amount: 5, currency: "EUR" }, onHand: op.onHand }
        const run = Effect.map(shop.createProduct({ ...asked, purchaseLimit: null, claim }), ({ value, replayed }) => ({
          answer: { kind: "product", product: value } as Answer,
          replayed,
        }))
        return { run, claim, wants: [], adds: null, customer: "" }
      }
      case "receive": {
        const { quantity } = op
        const productId = this.#product(op.product)
        const claim = claimOf("receipts", op)
        const run = Effect.map(shop.receiveStock({ productId, quantity, claim }), ({ value, replayed }) => ({
          answer: { kind: "stock", stock: value } as Answer,
          replayed,
        }))
        return { run, claim, wants: [], adds: { productId, quantity }, customer: "" }
      }
      case "adjust": {
        const { delta } = op
        const productId = this.#product(op.product)
        const claim = claimOf("adjustments", op)
        const run = Effect.map(
          shop.adjustStock({ productId, delta, reason: "counted", claim }),
          ({ value, replayed }) => ({ answer: { kind: "stock", stock: value } as Answer, replayed }),
        )
        return {
          run,
          claim,
          wants: [{ productId, quantity: -delta }],
          adds: { productId, quantity: delta },
          customer: "",
        }
      }
      case "read": {
        const run = Effect.map(shop.readStock(this.#product(op.product)), (value) => ({
          answer: { kind: "read", stock: value } as Answer,
          replayed: false,
        }))
        return { run, claim: null, wants: [], adds: null, customer: "" }
      }
      case "place":
        return this.#place(op)
      case "pay": {
        const orderId = this.#order(op.order)
        const base = claimOf("pay", op)
        const claim = base && { ...base, fingerprint: fingerprint([op, orderId]) }
        const run = Effect.map(
          shop.payOrder({ orderId, token: op.token, answer: "wait", claim }),
          ({ value, replayed }) => ({ answer: { kind: "sale", sale: value } as Answer, replayed }),
        )
        return { run, claim, wants: [], adds: null, customer: "" }
      }
      case "cancel": {
        const orderId = this.#order(op.order)
        const base = claimOf("cancel", op)
        const claim = base && { ...base, fingerprint: fingerprint([op, orderId]) }
        const run = Effect.map(shop.cancelOrder({ orderId, reason: null, claim }), ({ value, replayed }) => ({
          answer: { kind: "order", order: value } as Answer,
          replayed,
        }))
        return { run, claim, wants: [], adds: null, customer: "" }
      }
    }
  }

  #place(op: Extract<Op, { readonly op: "place" }>) {
    const lines = op.lines.map(({ product, quantity }) => ({ productId: this.#product(product), quantity }))
    const claim = claimOf("orders", op)!
    const customer = `customer-${op.customer}`
    const paying =
      op.token === null
        ? ({ _tag: "Later" } as const)
        : ({ _tag: "Token", token: op.token, answer: op.answer } as const)
    const run = Effect.map(
      this.shop.placeOrder({ customerId: customer, lines, paying, claim }),
      ({ value, replayed }) => {
        if (!this.placed.includes(value.order.id)) this.placed.push(value.order.id)
        return { answer: { kind: "sale", sale: value } as Answer, replayed }
      },
    )
    return { run, claim, wants: mergeLines(lines), adds: null, customer }
  }

  /** Makes the call and records it. */
  readonly call = (op: Op): Effect.Effect<void> =>
    Effect.suspend(() => {
      const { run, ...about } = this.#prepare(op)
      const { claim } = about
      const name = claim === null ? null : `${claim.route} ${claim.key}`
      if (name !== null && this.inFlight.has(name)) return Effect.void
      if (name !== null) this.inFlight.add(name)
      const at = this.calls.length
      const began = this.store === null ? new Map() : versionsIn(this.store)
      const editions = { edits: null, beganEditions: new Map(), endedEditions: null }
      const unheard = { began, ended: null, exit: null, undurable: [] }
      this.calls.push({ name: `${at} ${JSON.stringify(op)}`, ...about, ...editions, ...unheard })
      return Effect.exit(run).pipe(
        Effect.flatMap((exit) => {
          if (name !== null) this.inFlight.delete(name)
          const { store } = this
          const ended = store === null ? null : versionsIn(store)
          const missing = store === null || Exit.isFailure(exit) ? [] : undurable(viewOf(store), exit.value, claim)
          this.calls[at] = { ...this.calls[at]!, exit, ended, undurable: missing }
          return Effect.void
        }),
      )
    })
}

const viewOf = (store: MemoryStore.Tables) => ({
  movements: [...store.movements.values()].flat(),
  keys: [...store.keys.values()],
  orders: store.orders,
  products: new Map<string, number>([...store.products].map(([id, { version }]) => [id, version])),
})

/** Lets virtual time pass in small steps until all of them are done. */
const untilDone = Effect.fnUntraced(function* (fibers: ReadonlyArray<Fiber.Fiber<void>>) {
  // Half a minute in all, far more than any call may take (its deadlines are seconds): a caller that waits longer was forgotten.
  for (let steps = 0; steps < 500 && fibers.some((fiber) => fiber.pollUnsafe() === undefined); steps++)
    yield* TestClock.adjust(steps < 200 ? 5 : 100)
})

/** Opens the shelves, as soon as the shop is open. */
export const stock = Effect.fnUntraced(function* (program: Program, traders: Traders) {
  for (const [number, { onHand, purchaseLimit }] of program.shelves.entries()) {
    const price = { amount: 100 + number, currency: "EUR" }
    const asked = { sku: `shelf-${number}`, name: `shelf ${number}`, price, onHand, purchaseLimit, claim: null }
    const made = yield* traders.shop.createProduct(asked).pipe(Effect.retry(Schedule.spaced("20 millis")), Effect.orDie)
    traders.products.push(made.value.id)
  }
})

/** Stocks, trades round by round, and lets time run out for all that is pending. */
export const trade = Effect.fnUntraced(function* (program: Program, traders: Traders) {
  yield* untilDone([yield* Effect.forkChild(stock(program, traders))])
  for (const { ops, restMs } of program.rounds) {
    const calls: Array<Fiber.Fiber<void>> = []
    for (const op of ops) calls.push(yield* Effect.forkChild(traders.call(op)))
    yield* untilDone(calls)
    if (restMs > 0) yield* TestClock.adjust(restMs)
  }
  for (let passed = 0; passed < HOLD_MS + GRACE_MS + 30_000; passed += 500) yield* TestClock.adjust(500)
})

/** The program, over books in memory behind this ledger. */
export const run = (program: Program, wrap: Wrap = slow(program.seed)): Promise<Trial> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { workers } = program
    const layer = MemoryShop.over(wrapped(wrap), {
      workers,
      deadlineMs: DEADLINE_MS,
      holdMs: HOLD_MS,
      graceMs: GRACE_MS,
    })
    const context = yield* Layer.buildWithScope(layer, scope)
    const store = Context.get(context, MemoryStore.Store)
    const traders = new Traders(Context.get(context, Shop), store)
    yield* trade(program, traders)
    const accounts = Context.get(context, PaymentBooks).accounts()
    const charges = new Map([...accounts].map(([key, { state }]) => [key, state]))
    const trial = { calls: traders.calls, books: MemoryStore.snapshot(store), charges }
    // A forgotten caller keeps the shop from closing, for as long as a drain may take: let that pass too.
    yield* Effect.raceFirst(Scope.close(scope, Exit.void), Effect.forever(TestClock.adjust(1_000)))
    return trial
  }).pipe(
    Effect.provide(TestClock.layer()),
    // A sabotaged shop complains at length; what it says is not what is judged.
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.runPromise,
  )
