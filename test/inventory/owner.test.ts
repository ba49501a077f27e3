/** An owner of lanes, sentence by sentence: what it answers, when, and what it keeps of what it could not commit. */
import { Deferred, Effect, Exit, Fiber } from "effect"
import { describe, expect, it } from "vitest"
import * as MemoryLedger from "../../src/adapters/memory/ledger.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import * as Committer from "../../src/app/inventory/committer.ts"
import { Deadlines } from "../../src/app/inventory/deadlines.ts"
import type { Decision } from "../../src/app/inventory/decision.ts"
import { ADMITTED_PER_PRODUCT_MAX, BATCH_ROWS_MAX, BATCH_SIZE_MAX } from "../../src/app/inventory/limits.ts"
import * as Loader from "../../src/app/inventory/loader.ts"
import { type Options, Owner } from "../../src/app/inventory/owner.ts"
import { type Cell, Shelf } from "../../src/app/inventory/registry.ts"
import { Room } from "../../src/app/inventory/room.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import * as Order from "../../src/domain/order.ts"
import { Ids } from "../../src/ports/ids.ts"
import { type Command, claimName, type RequestedLine } from "../../src/ports/inventory.ts"
import { CommitUnknown, Ledger, LedgerDown } from "../../src/ports/ledger.ts"
import { Probe } from "../../src/ports/probe.ts"
import * as MemoryIds from "../support/counting-ids.ts"
import * as Scribe from "../support/scribe.ts"

const receive = (productId: ProductId, quantity = 1): Command => ({ _tag: "Receive", productId, quantity, claim: null })

const adjust = (productId: ProductId, delta: number): Command => ({
  _tag: "Adjust",
  productId,
  delta,
  reason: "",
  claim: null,
})

/** `number`: of orders that stand beside each other. */
const order = (key: string, lines: ReadonlyArray<RequestedLine>, number = 0): Command => ({
  _tag: "PlaceOrder",
  orderId: Lane.place(
    `018f0000-0000-7000-8000-${String(number).padStart(10, "0")}00`,
    Lane.home(lines.map((line) => line.productId)),
  ) as OrderId,
  customerId: "kim",
  lines,
  held: [],
  token: null,
  createdAt: 0,
  expiresAt: 600_000,
  claim: { route: "orders", key, fingerprint: "f" },
})

/** A store with a few products, an owner of all its lanes, and everything it answered. */
const desk = (products: number, onHand = 5, options: Options = {}) => {
  const store = Store.make()
  const ids = MemoryIds.make(7)
  const made = Array.from({ length: products }, () => ids.next() as ProductId)
  for (const [number, id] of made.entries()) {
    store.products.set(id, Scribe.product({ id, sku: `s${number}`, price: { amount: 1, currency: "EUR" } }))
    store.stocks.set(id, { onHand, reserved: 0, version: 1 })
    store.movements.set(id, [])
  }
  const lanes = Store.raise(
    store,
    store.lanes.map(({ lane }) => lane),
  )
  const owner = new Owner(lanes, () => 0, options)
  const answers: Array<string> = []
  /** `then`: done while the answer is given, as by a caller who asks again at once. */
  const submit = (command: Command, then: () => void = () => undefined) =>
    owner.submit(command, (exit) => {
      then()
      if (Exit.isSuccess(exit)) return void answers.push(exit.value.reply._tag)
      const [reason] = exit.cause.reasons
      if (reason?._tag !== "Fail") return void answers.push("died")
      answers.push(reason.error._tag === "Refused" ? reason.error.rejection._tag : reason.error.reason)
    })
  return { store, ids, owner, answers, submit, products: made, first: made[0]!, ledger: MemoryLedger.make(store) }
}

type Desk = ReturnType<typeof desk>

/** The owner's committer and loader on this ledger, until everything is answered or the owner was fenced. */
const work = ({ owner, ids }: Desk, ledger: Ledger["Service"]) =>
  Effect.gen(function* () {
    const fenced = yield* Deferred.make<void>()
    const loader = yield* Effect.forkChild(Loader.run(owner, 0))
    const committer = yield* Effect.forkChild(Committer.run(owner, 0, fenced))
    while (owner.queued > 0) yield* owner.becameIdle.wait
    yield* Fiber.interrupt(loader)
    yield* Fiber.interrupt(committer)
  }).pipe(
    Effect.provideService(Ledger, ledger),
    Effect.provideService(Ids, ids),
    Effect.provideService(Probe, { emit: () => undefined }),
    Effect.runPromise,
  )

describe("an owner", () => {
  it("refuses admission politely when a product has too much under way, and loses nothing of that", async () => {
    const shop = desk(2)
    for (let n = 0; n <= ADMITTED_PER_PRODUCT_MAX; n++) shop.submit(receive(shop.first))
    expect(shop.answers).toEqual(["mailbox-full"])
    shop.submit(receive(shop.products[1]!))
    await work(shop, shop.ledger)
    expect(shop.answers.filter((answer) => answer === "Stock")).toHaveLength(ADMITTED_PER_PRODUCT_MAX + 1)
    expect(shop.store.stocks.get(shop.first)).toEqual({
      onHand: 5 + ADMITTED_PER_PRODUCT_MAX,
      reserved: 0,
      version: 1 + ADMITTED_PER_PRODUCT_MAX,
    })
  })

  it("commits no more rows at once than it may, whatever is in the orders, and none overtakes", async () => {
    const shop = desk(200, 1_000)
    const sold = (count: number) => shop.products.slice(0, count).map((productId) => ({ productId, quantity: 1 }))
    // Orders of a hundred lines among orders of one.
    for (let n = 0; n < 240; n++) shop.submit(order(`key ${n}`, sold(n % 3 === 0 ? 1 : 100), n))
    const batches: Array<{ readonly rows: number; readonly keys: ReadonlyArray<string> }> = []
    await work(shop, {
      ...shop.ledger,
      commit: (batch) => {
        const rows = Object.values(batch).reduce((sum, rows) => sum + rows.length, 0) - batch.lanes.length
        batches.push({ rows, keys: batch.keys.map(({ claim }) => claim.key) })
        return shop.ledger.commit(batch)
      },
    })
    expect(shop.answers).toEqual(Array.from({ length: 240 }, () => "Order"))
    expect(batches.flatMap(({ keys }) => keys)).toEqual(Array.from({ length: 240 }, (_, n) => `key ${n}`))
    for (const { rows } of batches) expect(rows).toBeLessThanOrEqual(BATCH_ROWS_MAX)
    // As few as hold them: each but the last is nearly full.
    expect(batches.length).toBeLessThan(12)
  })

  it("commits no more decisions at once than it is allowed", async () => {
    const shop = desk(1, 1_000, { batchSizeMax: 3 })
    for (let n = 0; n < 20; n++) shop.submit(receive(shop.first))
    const written: Array<number> = []
    await work(shop, {
      ...shop.ledger,
      commit: (batch) => {
        written.push(batch.movements.length)
        return shop.ledger.commit(batch)
      },
    })
    expect(written).toEqual([3, 3, 3, 3, 3, 3, 2])
    expect(shop.answers).toHaveLength(20)
  })

  it("commits a decision of more rows than a batch may have by itself", () => {
    const room = new Room(BATCH_SIZE_MAX)
    const decision = (changes: number) =>
      ({ stock: Array.from({ length: changes }), holds: [], holdChanges: [], units: [] }) as unknown as Decision
    expect(room.takes(decision(BATCH_ROWS_MAX))).toBe(true)
    expect(room.takes(decision(0))).toBe(false)
  })

  it("loads all that a turn misses with one query", async () => {
    const shop = desk(50)
    const loads: Array<number> = []
    for (const id of shop.products) shop.submit(receive(id))
    await work(shop, {
      ...shop.ledger,
      load: (wanted) => {
        loads.push(wanted.products.length)
        return shop.ledger.load(wanted)
      },
    })
    expect(loads).toEqual([50])
    expect(shop.answers).toHaveLength(50)
  })

  it("refuses 800 orders of 100 unknown products with work that grows as their lines do, not as its square", async () => {
    const shop = desk(0)
    const lines = () => Array.from({ length: 100 }, () => ({ productId: shop.ids.next() as ProductId, quantity: 1 }))
    for (let n = 0; n < 800; n++) shop.submit(order(`key ${n}`, lines()))
    let insertions = 0
    const { add } = Set.prototype
    Set.prototype.add = function (value) {
      insertions++
      return add.call(this, value)
    }
    await work(shop, shop.ledger).finally(() => {
      Set.prototype.add = add
    })
    expect(shop.answers).toEqual(Array.from({ length: 800 }, () => "ProductNotFound"))
    // Wanted, found absent, and as much again for all else: a set for each order took 64 million.
    expect(insertions).toBeLessThan(4 * 800 * 100)
  })

  it("does not answer a refusal that was decided on what then failed to commit", async () => {
    const shop = desk(1)
    let commits = 0
    shop.submit(adjust(shop.first, -5))
    shop.submit(adjust(shop.first, -1))
    await work(shop, {
      ...shop.ledger,
      commit: (batch) =>
        Effect.suspend(() => {
          if (commits++ > 0) return shop.ledger.commit(batch)
          // Seen while the first commit is under way: decided on stock that will never be durable.
          shop.submit(adjust(shop.first, -2))
          return Effect.fail(new LedgerDown({ detail: "planned" }))
        }),
    })
    expect(shop.answers).toEqual(["database", "database", "Stock"])
    expect(shop.store.stocks.get(shop.first)?.onHand).toBe(3)
  })

  it("decides only once what is asked while a failed commit is answered", async () => {
    const shop = desk(1)
    let commits = 0
    shop.submit(adjust(shop.first, -5), () => shop.submit(adjust(shop.first, -5)))
    await work(shop, {
      ...shop.ledger,
      commit: (batch) =>
        commits++ === 0 ? Effect.fail(new LedgerDown({ detail: "planned" })) : shop.ledger.commit(batch),
    })
    expect(shop.answers).toEqual(["database", "Stock"])
    expect(shop.store.stocks.get(shop.first)).toEqual({ onHand: 0, reserved: 0, version: 2 })
  })

  it("finds the one command whose value the database refuses by halves, and commits all others", async () => {
    const shop = desk(1)
    const heard = new Map<number, string>()
    for (let n = 0; n < 200; n++) {
      const command = { ...adjust(shop.first, 1), reason: n === 137 ? "a\u0000" : "counted" } as Command
      shop.owner.submit(
        command,
        (exit) => void heard.set(n, Exit.isSuccess(exit) ? "Stock" : String(Exit.hasDies(exit))),
      )
    }
    let commits = 0
    await work(shop, {
      ...shop.ledger,
      commit: (batch) => {
        commits++
        return shop.ledger.commit(batch)
      },
    })
    expect([...heard].filter(([, tag]) => tag !== "Stock")).toEqual([[137, "true"]])
    expect([heard.size, shop.store.stocks.get(shop.first)?.onHand]).toEqual([200, 5 + 199])
    expect(commits).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(200)) + 2)
  })

  it("sets aside an order that cannot be read, and goes on with all others", async () => {
    const shop = desk(1)
    const id = Lane.place(shop.ids.next(), Lane.of(shop.first)) as OrderId
    const terms = {
      id,
      customerId: "kim",
      lines: [],
      total: { amount: 1, currency: "EUR" },
      createdAt: 0,
      expiresAt: 9,
    }
    shop.store.orders.set(id, Order.place(terms, null))
    shop.submit({ _tag: "CancelOrder", orderId: id, reason: null, claim: null })
    shop.submit(receive(shop.first))
    await work(shop, shop.ledger)
    expect(shop.answers).toEqual(["died", "Stock"])
    expect(shop.owner.isAbandoned).toBe(false)
  })

  it("commits what a contest left of a batch without the newcomers, who may meet one themselves", async () => {
    const shop = desk(1)
    const keyed = (key: string): Command =>
      ({ ...adjust(shop.first, 1), claim: { route: "adjustments", key, fingerprint: "f" } }) as Command
    const reply = { _tag: "Stock", productId: shop.first, stock: { onHand: 9, reserved: 0, version: 1 } } as const
    const written: Array<number> = []
    shop.submit(keyed("bound meanwhile"))
    shop.submit(keyed("mine"))
    await work(shop, {
      ...shop.ledger,
      commit: (batch) =>
        Effect.suspend(() => {
          if (written.push(batch.movements.length) > 1) return shop.ledger.commit(batch)
          // Another worker is first; and three more come while the contest is on its way back.
          const claim = { route: "adjustments", key: "bound meanwhile", fingerprint: "f" } as const
          shop.store.keys.set(claimName(claim), { claim, answer: { _tag: "Whole", reply } })
          for (let n = 0; n < 3; n++) shop.submit(adjust(shop.first, 1))
          return shop.ledger.commit(batch)
        }),
    })
    expect(written).toEqual([2, 1, 3])
    expect(shop.answers).toHaveLength(5)
    expect(shop.store.stocks.get(shop.first)?.onHand).toBe(5 + 4)
  })

  it("decides only once what is asked while a contested commit is answered", async () => {
    const shop = desk(1)
    const [product] = shop.store.products.values()
    shop.store.skus.set(product!.sku, product!.id)
    const again = { ...product!, id: shop.ids.next() as ProductId }
    shop.submit({ _tag: "CreateProduct", product: again, onHand: 1, claim: null }, () =>
      shop.submit(adjust(shop.first, -5)),
    )
    await work(shop, shop.ledger)
    expect(shop.answers).toEqual(["SkuTaken", "Stock"])
    expect(shop.store.stocks.get(shop.first)).toEqual({ onHand: 0, reserved: 0, version: 2 })
  })

  it("stops when it is fenced, and says so to everyone", async () => {
    const shop = desk(1)
    shop.submit(receive(shop.first))
    shop.submit(receive(shop.first))
    Store.raise(
      shop.store,
      shop.store.lanes.map(({ lane }) => lane),
    )
    await work(shop, shop.ledger)
    shop.submit(receive(shop.first))
    expect(shop.answers).toEqual(["stale-owner", "stale-owner", "stale-owner"])
    expect(shop.store.stocks.get(shop.first)?.version).toBe(1)
  })

  it.each(["done", "not done"])(
    "finds out from the lane's seq that a commit whose answer was lost was %s",
    async (how) => {
      const shop = desk(1)
      let lost = 0
      shop.submit(receive(shop.first))
      await work(shop, {
        ...shop.ledger,
        commit: (batch) =>
          Effect.suspend(() => {
            if (lost++ > 0) return shop.ledger.commit(batch)
            const before = how === "done" ? shop.ledger.commit(batch) : Effect.void
            return Effect.andThen(before, Effect.fail(new CommitUnknown({ detail: "planned" })))
          }),
      })
      expect(shop.answers).toEqual(["Stock"])
      expect(shop.store.stocks.get(shop.first)).toEqual({ onHand: 6, reserved: 0, version: 2 })
      expect(lost).toBe(how === "done" ? 1 : 2)
    },
  )

  it.each(["done", "not done"])(
    "gives a first answer, and no replay, to a commit that only binds a key, was %s and lost its answer",
    async (how) => {
      const shop = desk(1)
      const placed = order("k", [{ productId: shop.first, quantity: 1 }])
      const cancel = (key: string): Command => ({
        _tag: "CancelOrder",
        orderId: (placed as Extract<Command, { readonly _tag: "PlaceOrder" }>).orderId,
        reason: null,
        claim: { route: "cancel", key, fingerprint: "f" },
      })
      shop.submit(placed)
      shop.submit(cancel("first"))
      await work(shop, shop.ledger)
      // The order is cancelled already: nothing changes but the key.
      const heard: Array<boolean> = []
      const ask = () =>
        shop.owner.submit(cancel("second"), (exit) => void (Exit.isSuccess(exit) && heard.push(exit.value.replayed)))
      let lost = 0
      ask()
      ask()
      await work(shop, {
        ...shop.ledger,
        commit: (batch) =>
          Effect.suspend(() => {
            if (lost++ > 0) return shop.ledger.commit(batch)
            expect(batch.facts).toEqual([])
            const before = how === "done" ? shop.ledger.commit(batch) : Effect.void
            return Effect.andThen(before, Effect.fail(new CommitUnknown({ detail: "planned" })))
          }),
      })
      expect(heard).toEqual([false, true])
      expect(lost).toBe(how === "done" ? 1 : 2)
    },
  )

  it("closes to newcomers when it drains, and answers what was submitted", async () => {
    const shop = desk(1)
    shop.submit(receive(shop.first))
    shop.owner.close("draining")
    shop.submit(receive(shop.first))
    expect(shop.answers).toEqual(["draining"])
    await work(shop, shop.ledger)
    expect(shop.answers).toEqual(["draining", "Stock"])
  })

  it("stays closed when it drains while an answer is lost", async () => {
    const shop = desk(1)
    shop.submit(receive(shop.first))
    await work(shop, {
      ...shop.ledger,
      commit: (batch) => Effect.andThen(shop.ledger.commit(batch), new CommitUnknown({ detail: "planned" })),
      raise: (lanes) => Effect.tap(shop.ledger.raise(lanes), () => Effect.sync(() => shop.owner.close("draining"))),
    })
    shop.submit(receive(shop.first))
    expect(shop.answers).toEqual(["Stock", "draining"])
  })
})

describe("a shelf", () => {
  it("lets idle cells leave beyond its cap, and never one that runs ahead", () => {
    const shelf = new Shelf<number, Cell<number>>(10)
    const ahead = { durable: 1, current: 2, recent: false }
    shelf.put(-1, ahead)
    for (let n = 0; n < 1_000; n++) shelf.put(n, { durable: n, current: n, recent: true })
    expect(shelf.size).toBeLessThanOrEqual(11)
    expect(shelf.get(-1)).toBe(ahead)
  })
})

describe("deadlines", () => {
  it("come in order of time, each once, and later ones wait for the next scan", () => {
    const deadlines = new Deadlines()
    const at = (orderId: string, time: number) => ({ kind: "expiry" as const, orderId: orderId as never, at: time })
    deadlines.merge([at("b", 20), at("a", 10), at("a", 10)], 100)
    expect(deadlines.add(at("far", 101))).toBe(false)
    expect([
      deadlines.takeDue(9),
      deadlines.takeDue(10)?.orderId,
      deadlines.takeDue(19),
      deadlines.takeDue(200)?.orderId,
      deadlines.takeDue(200),
    ]).toEqual([null, "a", null, "b", null])
  })
})
