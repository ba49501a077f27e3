/**
 * Every order of events: fast-check decides when callers begin, and when each commit and load really happens and is
 * answered. Between two of its choices everything that can go on does, so that each choice is among all that wait.
 */
import { Context, Effect, Exit, Layer, ManagedRuntime, References, Stream, SubscriptionRef } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as MemoryStore from "../../src/adapters/memory/store.ts"
import { Readiness } from "../../src/app/health.ts"
import { Shop } from "../../src/app/shop.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import { type Claim, claimName, Inventory, type RequestedLine } from "../../src/ports/inventory.ts"
import type { CommitResult, Ledger } from "../../src/ports/ledger.ts"
import { issueReceipt } from "../../src/ports/receipt.ts"
import { broken, STANDING } from "../support/laws.ts"
import * as MemoryShop from "../support/memory-shop.ts"
import { runs } from "../support/runs.ts"
import * as Trial from "../support/trial.ts"

type Exits = ReadonlyArray<Exit.Exit<unknown, unknown>>

/** All that can go on without a choice does: fibers take a macrotask or two from one ledger call to the next. */
const quiet = async (): Promise<void> => {
  for (let ticks = 0; ticks < 4; ticks++) await new Promise((resolve) => setImmediate(resolve))
}

/** Chosen tasks come to their end before the next choice. */
const scheduling = fc.scheduler({
  act: async (perform) => {
    await perform()
    await quiet()
  },
})

/** Ledger calls wait for their turn twice, before they happen and before they are answered; null: none waits. */
class Turnstile {
  scheduler: fc.Scheduler | null = null
  readonly contested: Array<CommitResult> = []

  readonly pass = (label: string): Promise<unknown> =>
    this.scheduler === null ? Promise.resolve() : this.scheduler.schedule(Promise.resolve(), label)

  readonly wrap: Trial.Wrap = (ledger) => {
    const taken = <A, E>(label: string, call: Effect.Effect<A, E>) =>
      Effect.promise(() => this.pass(`${label} happens`)).pipe(
        Effect.andThen(call),
        Effect.tap(() => Effect.promise(() => this.pass(`${label} is answered`))),
      )
    return {
      ...ledger,
      commit: (batch) =>
        taken("commit", ledger.commit(batch)).pipe(
          Effect.tap((result) =>
            Effect.sync(() => {
              if (result._tag === "Contested") this.contested.push(result)
            }),
          ),
        ),
      load: (wanted) => taken("load", ledger.load(wanted)),
    }
  }
}

const UNITS = [5, 4, 6]

/** The shop, stocked with three products on different workers, before the scheduler has a say. */
const open = async (workers: number, turnstile: Turnstile, sabotage: Trial.Wrap) => {
  const books = Trial.wrapped((ledger, store) => turnstile.wrap(sabotage(ledger, store), store))
  const silent = Layer.succeed(References.MinimumLogLevel, "None")
  const runtime = ManagedRuntime.make(Layer.provideMerge(MemoryShop.over(books, { workers }), silent))
  const context = await runtime.runPromise(
    Effect.gen(function* () {
      const readiness = yield* Readiness
      yield* SubscriptionRef.changes(readiness).pipe(
        Stream.filter((state) => state === "ready"),
        Stream.runHead,
      )
      return yield* Effect.context<Shop | Inventory | MemoryStore.Store>()
    }),
  )
  const shop = Context.get(context, Shop)
  const products: Array<ProductId> = []
  while (products.length < UNITS.length) {
    const number = products.length
    const asked = { sku: `${Math.random()}`, name: "", price: { amount: 1, currency: "EUR" }, purchaseLimit: null }
    const made = await runtime.runPromise(shop.createProduct({ ...asked, onHand: UNITS[number]!, claim: null }))
    const { id } = made.value
    // Others stay behind as products that are not bought: only the worker of a product can be chosen by trying.
    if (Lane.of(id) % 3 === number) products.push(id)
  }
  return {
    runtime,
    shop,
    products,
    inventory: Context.get(context, Inventory),
    store: Context.get(context, MemoryStore.Store),
  }
}

type Opened = Awaited<ReturnType<typeof open>>

interface Basket {
  readonly quantities: ReadonlyArray<number>
  /** Cancelled as soon as it is placed. */
  readonly fate: "kept" | "cancelled"
}

interface Plan {
  readonly baskets: ReadonlyArray<Basket>
  readonly received: ReadonlyArray<number>
}

const linesOf = (products: ReadonlyArray<ProductId>, { quantities }: Basket): ReadonlyArray<RequestedLine> =>
  quantities.flatMap((quantity, index) => (quantity === 0 ? [] : [{ productId: products[index]!, quantity }]))

const basket: fc.Arbitrary<Basket> = fc.record({
  quantities: fc
    .array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 })
    .filter((quantities) => quantities.some((quantity) => quantity > 0)),
  fate: fc.constantFrom("kept", "kept", "cancelled"),
})

const plans: fc.Arbitrary<Plan> = fc.record({
  baskets: fc.array(basket, { minLength: 3, maxLength: 6 }),
  received: fc.array(fc.nat(2), { maxLength: 2 }),
})

const FOREIGN = "00000000-0000-0000-0000-00000000000f"

const claim = (key: string, number: number): Claim => ({
  route: "orders",
  key,
  fingerprint: `00000000-0000-0000-0000-${String(number).padStart(12, "0")}`,
})

/** The callers: the first basket is sent again under its key, and the last one's key is another caller's, sooner or later. */
const callers = ({ runtime, shop, products, store }: Opened, { baskets, received }: Plan) => {
  const place = (wanted: Basket, own: Claim) =>
    Effect.gen(function* () {
      const asked = {
        customerId: own.key,
        lines: linesOf(products, wanted),
        paying: { _tag: "Later" },
        claim: own,
      } as const
      const placed = yield* shop.placeOrder(asked)
      if (wanted.fate === "cancelled")
        yield* shop.cancelOrder({ orderId: placed.value.order.id, reason: null, claim: null })
      return placed.value.order.id
    })
  const call = (call: Effect.Effect<unknown, unknown>) => () => runtime.runPromise(Effect.exit(call))
  const last = baskets.length - 1
  const foreign = { ...claim(`key-${last}`, last), fingerprint: FOREIGN }
  const name = claimName(foreign)
  const bindForeign = Effect.sync(() => {
    const answer = { _tag: "Whole", reply: { _tag: "Done" } } as const
    if (!store.keys.has(name)) store.keys.set(name, { claim: foreign, answer })
  })
  return [
    ...baskets.map((wanted, number) => call(place(wanted, claim(`key-${number}`, number)))),
    ...received.map((product) => call(shop.receiveStock({ productId: products[product]!, quantity: 1, claim: null }))),
    call(bindForeign),
    call(place(baskets[0]!, claim("key-0", 0))),
  ]
}

const unanswered = (exits: Exits): ReadonlyArray<string> =>
  exits.flatMap((exit) => (Exit.isFailure(exit) && Exit.hasDies(exit) ? [`died: ${exit.cause}`] : []))

/** What was acknowledged is in the books, and no more is sold than there ever was. */
const sold = ({ products, store }: Opened, { baskets, received }: Plan, exits: Exits): ReadonlyArray<string> => {
  const orders = [...store.orders.values()]
  const oversold = products.flatMap((id, index) => {
    const lines = orders.filter(({ status }) => status === "reserved").flatMap((order) => order.lines)
    const units = lines.reduce((sum, line) => sum + (line.productId === id ? line.quantity : 0), 0)
    const there = UNITS[index]! + received.filter((product) => product === index).length
    return units > there ? [`product ${index}: ${units} units sold of ${there}`] : []
  })
  const lost = exits
    .filter((_, number) => number < baskets.length || number === exits.length - 1)
    .flatMap((exit) => (Exit.isSuccess(exit) && !store.orders.has(exit.value as OrderId) ? ["an order was lost"] : []))
  const [first, again] = [exits[0]!, exits.at(-1)!]
  const replayed = Exit.isFailure(first) || Exit.isSuccess(again)
  const refused = replayed ? [] : [`a known key was refused: ${again}`]
  const twins = [first, again].flatMap((exit) => (exit !== undefined && Exit.isSuccess(exit) ? [exit.value] : []))
  return [...oversold, ...lost, ...refused, ...(new Set(twins).size > 1 ? ["one key placed two orders"] : [])]
}

const honest: Trial.Wrap = (ledger) => ledger

/** Runs the plan in the scheduler's order; gives what is wrong afterwards. */
const trial = async (
  workers: number,
  scheduler: fc.Scheduler,
  plan: Plan,
  sabotage = honest,
  contests = { seen: 0 },
) => {
  const turnstile = new Turnstile()
  const opened = await open(workers, turnstile, sabotage)
  turnstile.scheduler = scheduler
  const begin = (call: () => Promise<Exits[number]>, number: number, after: Promise<unknown> = Promise.resolve()) =>
    after.then(() => scheduler.schedule(Promise.resolve(), `caller ${number}`)).then(call)
  const all = callers(opened, plan)
  const calls = all.slice(0, -1).map((call, number) => begin(call, number))
  // As the HTTP API does: a key whose first request is still under way is not handed on.
  const again = begin(all.at(-1)!, calls.length, calls[0])
  const exits = await scheduler.waitFor(Promise.all([...calls, again]))
  await scheduler.waitIdle()
  turnstile.scheduler = null
  contests.seen += turnstile.contested.length
  const books = MemoryStore.snapshot(opened.store)
  await opened.runtime.dispose()
  return [...broken(STANDING, books), ...unanswered(exits), ...sold(opened, plan, exits)]
}

/** Programs per test, 20 ms each. */
const RUNS = runs(80, 300)

/** A search that is to find something ends when it has. */
const SOUGHT = 300

describe("whatever comes first", () => {
  it.each([1, 3])("every law holds, and everyone is answered, with %i workers", async (workers) => {
    const contests = { seen: 0 }
    await fc.assert(
      fc.asyncProperty(scheduling, plans, async (scheduler, plan) => {
        expect(await trial(workers, scheduler, plan, honest, contests)).toEqual([])
      }),
      { numRuns: RUNS },
    )
    expect(contests.seen).toBeGreaterThan(0)
  })

  it("would find a ledger that says committed without writing", async () => {
    const lying: Trial.Wrap = (ledger): Ledger["Service"] => ({
      ...ledger,
      commit: (batch) =>
        batch.orders.length > 0
          ? Effect.succeed({ _tag: "Committed", receipt: issueReceipt(batch) })
          : ledger.commit(batch),
    })
    const found: Array<string> = []
    const property = fc.asyncProperty(scheduling, plans, async (scheduler, plan) => {
      found.push(...(await trial(1, scheduler, plan, lying)))
      return found.length === 0
    })
    expect((await fc.check(property, { numRuns: SOUGHT, endOnFailure: true })).failed).toBe(true)
    expect(found).toContain("an order was lost")
  })
})

describe("acceptance against lapse", () => {
  it("has exactly one winner", async () => {
    const winners = new Set<string>()
    const property = fc.asyncProperty(scheduling, async (scheduler) => {
      const turnstile = new Turnstile()
      const { runtime, inventory, products, store } = await open(3, turnstile, honest)
      const home = Lane.home(products)
      const others = products.filter((id) => Lane.of(id) !== home)
      const orderId = Lane.place(products[0]!, home).replace(/^.{8}/, "fffffff0") as OrderId
      const lines = products.map((productId) => ({ productId, quantity: 2 }))
      const terms = { customerId: "c", lines, held: [], token: null, createdAt: 0, expiresAt: Date.now() + 600_000 }
      const before = new Map(products.map((id) => [id, store.stocks.get(id)!.onHand]))
      turnstile.scheduler = scheduler
      const send = (command: Parameters<typeof inventory.submit>[0]) => () =>
        runtime.runPromise(Effect.exit(inventory.submit(command)))
      const placed = send({ _tag: "PlaceOrder", orderId, ...terms, claim: claim("raced", 1) })()
      const lapses = others.map((id) =>
        // A few turns later, so that it meets holds that exist.
        [1, 2, 3, 4]
          .reduce<Promise<unknown>>((turns) => turns.then(() => turnstile.pass("time passes")), Promise.resolve())
          .then(send({ _tag: "EndHolds", orderId, lane: Lane.of(id), ending: "lapse" })),
      )
      const [exit] = await scheduler.waitFor(Promise.all([placed, ...lapses]))
      await scheduler.waitIdle()
      turnstile.scheduler = null
      const books = MemoryStore.snapshot(store)
      await runtime.dispose()
      const states = MemoryStore.holdsOf(store, orderId).map(({ state }) => state)
      const reserved = products.map((id) => store.stocks.get(id)!.reserved)
      winners.add(Exit.isSuccess(exit!) ? "acceptance" : "lapse")
      expect(broken(STANDING, books)).toEqual([])
      expect(store.orders.has(orderId)).toBe(Exit.isSuccess(exit!))
      if (Exit.isSuccess(exit!)) {
        expect(states).toEqual(["held", "held", "held"])
        expect(reserved).toEqual([2, 2, 2])
      } else {
        expect(states.filter((state) => state === "tentative" || state === "held")).toEqual([])
        expect(reserved).toEqual([0, 0, 0])
        expect(new Map(products.map((id) => [id, store.stocks.get(id)!.onHand]))).toEqual(before)
      }
    })
    await fc.assert(property, { numRuns: RUNS })
    expect([...winners].sort()).toEqual(["acceptance", "lapse"])
  })
})

/** Known defects, written down as what ought to be: these turn red once they are mended, and are then ordinary tests. */
describe("a key that is sent again", () => {
  const all: Basket = { quantities: UNITS, fate: "kept" }
  const one: Basket = { quantities: [1, 0, 0], fate: "kept" }
  const ask = ({ products, shop }: Opened, wanted = all) =>
    shop.placeOrder({
      customerId: "c",
      lines: linesOf(products, wanted),
      paying: { _tag: "Later" },
      claim: claim("key", 1),
    })

  it("is answered again by one worker, though the order took the last units", async () => {
    const opened = await open(1, new Turnstile(), honest)
    const [first, again] = await opened.runtime.runPromise(Effect.all([ask(opened), ask(opened)]))
    await opened.runtime.dispose()
    expect(again).toEqual({ ...first, replayed: true })
  })

  it("is answered again by three workers, though the order took the last units", async () => {
    const opened = await open(3, new Turnstile(), honest)
    const [first, again] = await opened.runtime.runPromise(Effect.all([ask(opened), ask(opened)]))
    await opened.runtime.dispose()
    expect(again).toEqual({ ...first, replayed: true })
  })

  it("is answered while what a buyer who hung up had asked for is still waiting for its commit", async () => {
    const turnstile = new Turnstile()
    const opened = await open(1, turnstile, honest)
    const { runtime, shop, products } = opened
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    turnstile.scheduler = { schedule: () => gate } as never
    const busy = runtime.runPromise(shop.receiveStock({ productId: products[0]!, quantity: 1, claim: null }))
    await quiet()
    const hungUp = runtime.runFork(ask(opened, one))
    await quiet()
    hungUp.interruptUnsafe()
    const again = runtime.runPromise(Effect.exit(ask(opened, one)))
    await quiet()
    release()
    await busy
    const exit = await again
    await runtime.dispose()
    expect(Exit.isSuccess(exit), String(exit)).toBe(true)
  })
})
