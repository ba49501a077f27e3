/** Imports over a whole shop in memory, under virtual time: every row once, whenever the runner is stopped; counts beside a sale. */
import { Effect, Exit, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import * as MemoryImports from "../../../src/adapters/memory/imports.ts"
import * as Store from "../../../src/adapters/memory/store.ts"
import * as Health from "../../../src/app/health.ts"
import { ImportDesk, OPEN_MAX, RECEIVED_AT_ONCE } from "../../../src/app/imports/import-desk.ts"
import { partsOf } from "../../../src/app/imports/import-parts.ts"
import * as Importing from "../../../src/app/imports/importing.ts"
import { Traffic } from "../../../src/app/overload/traffic.ts"
import { Shop } from "../../../src/app/shop.ts"
import type { Mode } from "../../../src/domain/import-row.ts"
import { Imports, type ImportsService, type Part, type RowOutcome } from "../../../src/ports/imports.ts"
import * as Books from "../../support/books.ts"
import * as MemoryShop from "../../support/memory-shop.ts"
import * as MemoryProbe from "../../support/recording-probe.ts"

const RETENTION_MS = 120_000
const KEY = "0190a000-0000-7000-8000-000000000000"

type Row = Readonly<Record<string, unknown>>

const partsOfRows = async (mode: Mode, rows: ReadonlyArray<Row>): Promise<ReadonlyArray<Part>> => {
  async function* written() {
    for (const [index, value] of rows.entries()) yield { place: { line: 1 + index, column: 1 }, value }
  }
  const parts: Array<Part> = []
  for await (const part of partsOf(mode, written())) parts.push(part)
  return parts
}

/** Time goes on while something is waited for. */
const inTime = <A, E, R>(wanted: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(wanted, Effect.forever(Effect.andThen(TestClock.adjust("50 millis"), Effect.yieldNow)))

const handIn = Effect.fnUntraced(function* (
  mode: Mode,
  rows: ReadonlyArray<ReadonlyArray<Row>>,
  over: { readonly dryRun?: boolean; readonly key?: string } = {},
) {
  const desk = yield* ImportDesk
  const begun = yield* desk.begin({ mode, dryRun: false, key: crypto.randomUUID(), ...over })
  if (begun._tag !== "Begun") throw new Error(begun._tag)
  const parts = yield* Effect.promise(() => partsOfRows(mode, rows.flat()))
  for (const part of parts) expect(yield* desk.put(begun.id, part)).toBe(true)
  expect(yield* desk.accept(begun.id, KEY, parts.length)).toBe(true)
  return begun.id
})

const ended = Effect.fnUntraced(function* (id: string) {
  const imports = yield* Imports
  const isEnded = Effect.gen(function* () {
    for (;;) {
      const one = yield* imports.get(id)
      if (one?.state === "finished" || one?.state === "failed") return one
      yield* Effect.sleep("10 millis")
    }
  })
  const one = yield* inTime(isEnded)
  return { ...one, outcomes: (yield* imports.rows(id, "all", { after: null, limit: 10_000 })).rows }
})

const imported = (...args: Parameters<typeof handIn>) => Effect.flatMap(handIn(...args), ended)

/** The whole shop, on these imports and tables. */
const shopOver = (store: Store.Shape, imports: ImportsService) =>
  Importing.layer({ retentionMs: RETENTION_MS }).pipe(
    Layer.provideMerge(
      MemoryShop.over(
        Layer.provideMerge(Layer.succeed(Imports, imports), Books.memoryOn(Layer.succeed(Store.Store, store))),
        { workers: 1 },
      ),
    ),
  )

const running = <A, E, R>(
  test: Effect.Effect<A, E, R>,
  store = Store.make(),
  imports: ImportsService = MemoryImports.make(store),
  traffic: Traffic = { requests: 0 },
): Promise<A> =>
  Effect.gen(function* () {
    yield* inTime(MemoryShop.opened)
    return yield* test
  }).pipe(
    Effect.provide(shopOver(store, imports)),
    Effect.provideService(Traffic, traffic),
    Effect.provide(TestClock.layer()),
    Effect.runPromise as never,
  ) as Promise<A>

/** Each look at it finds more requests. */
const sale = (): Traffic => {
  let requests = 0
  return {
    get requests() {
      requests += 100
      return requests
    },
  }
}

const fresh = (sku: string, stock: number): Row => ({ sku, name: "Mug", price: 1_290, currency: "EUR", stock })

const productOf = Effect.fnUntraced(function* (sku: string) {
  const imports = yield* Imports
  return (yield* imports.products([sku]))[0]!
})
const onHand = (sku: string) => Effect.map(productOf(sku), ({ stock }) => stock.onHand)

const statuses = (outcomes: ReadonlyArray<RowOutcome>) =>
  outcomes.map((row) => (row.status === "applied" ? row.what : row.status))

describe("an import", () => {
  it("creates, moves, skips and fails row by row, those of one SKU in their order, and says what became of each", () =>
    running(
      Effect.gen(function* () {
        const rows = [fresh("A", 5), { sku: "A", delta: 3 }, { ...fresh("A", 9), delta: -8 }, { sku: "A", delta: -1 }]
        const more = [{ sku: "A", delta: 0 }, { sku: "B", delta: 1 }, { sku: "A", delta: "1e3" }, fresh("A", 7)]
        const one = yield* imported("delta", [[...rows, ...more]])
        expect(one).toMatchObject({ state: "finished", rows: 8, applied: 3, failed: 3, skipped: 2, error: null })
        expect(statuses(one.outcomes)).toEqual("created moved moved failed skipped failed failed skipped".split(" "))
        expect(one.outcomes.flatMap((row) => (row.status === "failed" ? row.problem : []))).toEqual([
          "only 0 units are available",
          "there is no product with this SKU, and the row does not say what it is",
          expect.stringContaining('"delta" must be a whole number'),
        ])
        expect(yield* onHand("A")).toBe(0)
        const recording = yield* MemoryProbe.Recording
        expect(recording.all().filter(MemoryProbe.is("ImportRowsDone"))).toEqual([
          { _tag: "ImportRowsDone", applied: 3, failed: 3, skipped: 2, dryRun: false },
        ])
        expect(recording.count(MemoryProbe.is("ImportEnded"))).toBe(1)
      }),
    ))

  it("applies a count as a difference: what was sold since stays sold, and a count that comes again changes nothing", () =>
    running(
      Effect.gen(function* () {
        const shop = yield* Shop
        yield* imported("absolute", [[fresh("C", 10), fresh("D", 4)]])
        const { productId } = yield* productOf("C")
        // Counted at version 1 as 8; before it is applied three leave.
        yield* shop.adjustStock({ productId, delta: -3, reason: "sold", claim: null })
        const counts = [
          { sku: "C", stock: 8, version: 1 },
          { sku: "D", stock: 4, version: 1 },
        ]
        const first = yield* imported("absolute", [counts])
        expect(first.outcomes).toMatchObject([
          { status: "applied", what: "counted", delta: -2, version: 3 },
          { status: "applied", what: "counted", delta: 0, version: 1 },
        ])
        expect(yield* onHand("C")).toBe(5)
        const again = yield* imported("absolute", [counts])
        expect(again.outcomes).toMatchObject([{ delta: 0 }, { delta: 0 }])
        const newer = yield* imported("absolute", [
          [
            { sku: "C", stock: 6, version: 3 },
            { sku: "C", stock: 1, version: 9 },
          ],
        ])
        expect(statuses(newer.outcomes)).toEqual(["counted", "failed"])
        expect(yield* onHand("C")).toBe(6)
        // Also one that finds no difference makes older ones stale.
        yield* imported("absolute", [[{ sku: "C", stock: 6, version: 4 }]])
        const older = yield* imported("absolute", [[{ sku: "C", stock: 0, version: 3 }]])
        expect(older.outcomes).toMatchObject([{ status: "failed", problem: expect.stringContaining("of version 4") }])
        expect(yield* onHand("C")).toBe(6)
      }),
    ))

  it("compares a count at a version that a row before it made with what stood there then", () =>
    running(
      Effect.gen(function* () {
        yield* imported("delta", [[fresh("V", 7)]])
        const counts = [
          { sku: "V", stock: 21, version: 1 },
          { sku: "V", stock: 14, version: 2 },
          { sku: "V", stock: 5, version: 9 },
        ]
        const { outcomes } = yield* imported("absolute", [counts])
        expect(outcomes).toMatchObject([{ delta: 14 }, { delta: -7, version: 3 }, { status: "failed" }])
        expect(yield* onHand("V")).toBe(14)
      }),
    ))

  it("says in a dry run what would become of each row, and changes nothing", () =>
    running(
      Effect.gen(function* () {
        yield* imported("delta", [[fresh("E", 5)]])
        const rows = [
          { sku: "E", delta: -3 },
          { sku: "E", delta: -3 },
          fresh("F", 2),
          { sku: "F", delta: 1 },
          { sku: "G", delta: 1 },
        ]
        const dry = yield* imported("delta", [rows], { dryRun: true })
        expect(dry).toMatchObject({ dryRun: true, state: "finished", applied: 3, failed: 2 })
        expect(statuses(dry.outcomes)).toEqual(["moved", "failed", "created", "moved", "failed"])
        const counts = [
          { sku: "E", stock: 3, version: 1 },
          { sku: "E", stock: 3, version: 1 },
        ]
        const counted = yield* imported("absolute", [counts], { dryRun: true })
        expect(counted.outcomes).toMatchObject([{ delta: -2 }, { delta: 0 }])
        expect(yield* onHand("E")).toBe(5)
        expect(yield* (yield* Imports).products(["F"])).toEqual([])
      }),
    ))

  it.each(["delta", "absolute"] as const)(
    "of %s applies each row once, though its runner is stopped before it has recorded any",
    async (mode) => {
      const store = Store.make()
      const imports = MemoryImports.make(store)
      const skus = Array.from({ length: 700 }, (_, index) => `s${index}`)
      await running(imported(mode, [skus.map((sku) => fresh(sku, 10))]), store, imports)
      const rows = skus.map((sku, index) =>
        mode === "delta" ? { ...fresh(sku, 10), delta: 1 } : { sku, stock: 10 + (index % 2), version: 1 },
      )
      const newcomers = Array.from({ length: 50 }, (_, index) => ({
        ...fresh(`n${index}`, 3),
        ...(mode === "delta" ? { delta: 4 } : {}),
      }))
      let id = ""
      const stopped = Effect.gen(function* () {
        const reached = yield* MemoryProbe.Recording
        id = yield* handIn(mode, [newcomers.slice(25), rows, newcomers.slice(0, 25)])
        const applied = Effect.gen(function* () {
          for (;;) {
            if (store.keys.size >= 700 + 50 + (mode === "delta" ? 600 : 300)) return reached
            yield* Effect.sleep("1 milli")
          }
        })
        yield* inTime(applied)
      })
      await running(stopped, store, {
        ...imports,
        record: (_, __, done) => (done.length === 0 ? Effect.succeed(true) : Effect.never),
      })
      expect(await Effect.runPromise(imports.get(id))).toMatchObject({ state: "running", applied: 0 })
      const movements = () => [...store.movements.values()].reduce((sum, { length }) => sum + length, 0)
      expect(movements()).toBeGreaterThan(1_000)
      // The next one goes in smaller steps, because others ask.
      const one = await running(ended(id), store, imports, sale())
      expect(one).toMatchObject({ state: "finished", applied: 750, failed: 0, skipped: 0 })
      const stocks = [...store.products.values()].map(
        (product) => [product.sku, store.stocks.get(product.id)!.onHand] as const,
      )
      for (const [sku, stock] of stocks) {
        const index = Number(sku.slice(1))
        expect([sku, stock]).toEqual([sku, sku.startsWith("n") ? 3 : mode === "delta" ? 11 : 10 + (index % 2)])
      }
      expect(movements()).toBe(700 + 50 + (mode === "delta" ? 700 : 350))
      expect(statuses(one.outcomes).filter((what) => what === "created")).toHaveLength(newcomers.length)
    },
  )

  it.each([
    ["in the quiet", { requests: 0 }],
    ["beside other requests", sale()],
  ] as const)(
    "does not apply a count behind a newer one that its runner had applied when it was stopped, %s",
    async (_, traffic) => {
      const store = Store.make()
      const imports = MemoryImports.make(store)
      // Many rows lie between the two: they are of one window, and not of one part.
      const others = Array.from({ length: 1_500 }, (_, index) => fresh(`o${index}`, 1))
      const counts = [{ sku: "R", stock: 1, version: 2 }, ...others, { sku: "R", stock: 9, version: 2 }]
      let id = ""
      const stopped = Effect.gen(function* () {
        yield* imported("delta", [[fresh("R", 10)]])
        const shop = yield* Shop
        const { productId } = yield* productOf("R")
        const order = {
          customerId: "c",
          lines: [{ productId, quantity: 8 }],
          paying: { _tag: "Later" },
        } as const
        const claim = { route: "orders", key: "k", fingerprint: KEY } as const
        const { value } = yield* inTime(shop.placeOrder({ ...order, claim }))
        id = yield* handIn("absolute", [counts])
        const applied = Effect.gen(function* () {
          while (!store.keys.has(`imports ${id}:${counts.length}`)) yield* Effect.sleep("1 milli")
        })
        yield* inTime(applied)
        yield* inTime(shop.cancelOrder({ orderId: value.order.id, reason: null, claim: null }))
      })
      await running(stopped, store, {
        ...imports,
        record: (...asked) => (asked[1] === id && asked[2].length > 0 ? Effect.never : imports.record(...asked)),
      })
      const { outcomes } = await running(ended(id), store, imports, traffic)
      expect(outcomes.filter(({ sku }) => sku === "R")).toMatchObject([{ status: "failed" }, { delta: -1 }])
      expect([...store.stocks.values()][0]!.onHand).toBe(9)
    },
    20_000,
  )

  it("works two windows at most before it has recorded the first, and the next runner doubts both", async () => {
    const store = Store.make()
    const imports = MemoryImports.make(store)
    const read: Array<number> = []
    const unrecorded: ImportsService = {
      ...imports,
      record: (_, __, done) => (done.length === 0 ? Effect.succeed(true) : Effect.never),
      parts: (id, after, limit) =>
        Effect.sync(() => void read.push(after)).pipe(Effect.andThen(imports.parts(id, after, limit))),
    }
    const rows = Array.from({ length: 9_000 }, (_, index) => ({ ...fresh(`d${index}`, 3), delta: 4 }))
    let id = ""
    const stopped = Effect.gen(function* () {
      id = yield* handIn("delta", [rows])
      const applied = Effect.gen(function* () {
        while (store.keys.size < 4_000) yield* Effect.sleep("1 milli")
      })
      yield* inTime(applied)
      yield* inTime(Effect.sleep("2 seconds"))
    })
    await running(stopped, store, unrecorded)
    expect(store.keys.size).toBe(4_000)
    expect(read).toEqual([-1, 3, 7])
    const one = await running(ended(id), store, imports)
    expect(one).toMatchObject({ state: "finished", applied: 9_000, failed: 0, skipped: 0 })
    expect([...store.stocks.values()].filter(({ onHand }) => onHand !== 3)).toEqual([])
  })

  it("works a row of a SKU after an earlier one of it, also where that is in the window before", () =>
    running(
      Effect.gen(function* () {
        const skus = Array.from({ length: 2_000 }, (_, index) => `w${index}`)
        const rows = [skus.map((sku) => fresh(sku, 3)), skus.map((sku) => ({ sku, delta: -2 }))]
        const one = yield* imported("delta", [...rows, skus.slice(0, 10).map((sku) => ({ sku, delta: -2 }))])
        expect(one).toMatchObject({ state: "finished", applied: 4_000, failed: 10 })
        expect(yield* onHand("w0")).toBe(1)
      }),
    ))

  it("moves a product that was made since its SKU was looked up, and the rows asked for beside it are none the worse", async () => {
    const store = Store.make()
    const imports = MemoryImports.make(store)
    let isHidden = false
    const late: ImportsService = {
      ...imports,
      products: (skus) =>
        Effect.map(imports.products(skus), (found) => {
          const seen = found.filter(({ sku }) => !isHidden || sku !== "T")
          isHidden = false
          return seen
        }),
    }
    const test = Effect.gen(function* () {
      yield* imported("delta", [[fresh("T", 2)]])
      isHidden = true
      const one = yield* imported("delta", [[fresh("U", 1), { ...fresh("T", 9), delta: 5 }, fresh("V", 1)]])
      expect(statuses(one.outcomes)).toEqual(["created", "moved", "created"])
      expect(yield* onHand("T")).toBe(7)
    })
    await running(test, store, late)
  })

  it("beside other requests is written down part by part", async () => {
    const store = Store.make()
    const imports = MemoryImports.make(store)
    const written: Array<number> = []
    const told: ImportsService = {
      ...imports,
      record: (runner, id, done, counts, leasedUntil) => {
        if (done.length > 0) written.push(done.length)
        return imports.record(runner, id, done, counts, leasedUntil)
      },
    }
    const rows = Array.from({ length: 1_600 }, (_, index) => fresh(`p${index}`, 1))
    const one = await running(imported("delta", [rows]), store, told, sale())
    expect(one).toMatchObject({ state: "finished", applied: 1_600 })
    expect(written).toEqual([1, 1, 1, 1])
  })

  it("is taken over when its runner is silent, and left alone while it is not", async () => {
    const store = Store.make()
    const imports = MemoryImports.make(store)
    const other = { ...imports, record: () => Effect.never } as ImportsService
    const both = Effect.gen(function* () {
      const scope = yield* Scope.make()
      const frozen = yield* Layer.buildWithScope(Layer.fresh(shopOver(store, other)), scope)
      yield* inTime(Effect.provideContext(MemoryShop.opened, frozen))
      const id = yield* Effect.provideContext(handIn("delta", [[fresh("H", 1)]]), frozen)
      yield* TestClock.adjust("10 seconds")
      expect(yield* imports.get(id)).toMatchObject({ state: "running", applied: 0 })
      expect(yield* imports.claim("another", 10_000, 20_000)).toBeNull()
      yield* TestClock.adjust("10 seconds")
      expect(yield* imports.claim("another", 20_000, 40_000)).toMatchObject({ wasRunning: true })
      yield* Scope.close(scope, Exit.void)
    })
    await Effect.runPromise(both.pipe(Effect.provide(TestClock.layer())) as Effect.Effect<void>)
  })

  it("that stands still is reported, ever older, and no more by a process that decides no longer", async () => {
    const store = Store.make()
    const imports = MemoryImports.make(store)
    const still = { ...imports, parts: () => Effect.never } as ImportsService
    const test = Effect.gen(function* () {
      yield* handIn("delta", [[fresh("S", 1)]])
      const recording = yield* MemoryProbe.Recording
      const last = () => recording.all().filter(MemoryProbe.is("ImportsMeasured")).at(-1)
      yield* inTime(Effect.sleep("2 minutes"))
      // Measured every five seconds.
      expect(last()).toMatchObject({ running: 1, oldestSeconds: expect.closeTo(117.5, -1) })
      yield* Health.become(yield* Health.Readiness, "standby")
      yield* inTime(Effect.sleep("10 seconds"))
      expect(last()).toMatchObject({ running: 0, oldestSeconds: 0 })
    })
    await running(test, store, still)
  })

  it("is left in the middle of a window when the service drains, so that the lanes can be handed over", async () => {
    const store = Store.make()
    const imports = MemoryImports.make(store)
    const rows = Array.from({ length: 2_000 }, () => ({ sku: "M", delta: 1 }))
    const stopped = Effect.gen(function* () {
      const id = yield* handIn("delta", [[fresh("M", 1)], rows])
      const begun = Effect.gen(function* () {
        while (store.keys.size < 100) yield* Effect.sleep("1 milli")
      })
      yield* inTime(begun)
      yield* Health.become(yield* Health.Readiness, "draining")
      yield* inTime(Effect.sleep("1 second"))
      expect(store.keys.size).toBeLessThan(1_900)
      expect(yield* imports.claim("another", 1, 2)).toMatchObject({ import: { id, applied: 0 }, wasRunning: true })
    })
    await running(stopped, store, imports)
  })

  it("ends as failed when it meets a defect of ours, and the next one goes on; a row that meets one fails alone", async () => {
    const store = Store.make()
    const imports = MemoryImports.make(store)
    const crooked: ImportsService = {
      ...imports,
      products: (skus) => (skus.includes("broken") ? Effect.die(new Error("planted")) : imports.products(skus)),
    }
    const test = Effect.gen(function* () {
      const first = yield* handIn("delta", [[fresh("broken", 1)]])
      const second = yield* imported("delta", [[fresh("whole", 1)]])
      expect(second.state).toBe("finished")
      expect(yield* imports.get(first)).toMatchObject({ state: "failed", error: expect.stringContaining("our side") })
      const bad = yield* imported("delta", [[fresh("\ud800", 1), fresh("good", 1)]])
      expect(statuses(bad.outcomes)).toEqual(["failed", "created"])
    })
    await running(test, store, crooked)
  })
})

describe("where imports are handed in", () => {
  const asked = (key: string) => ({ key, mode: "delta", dryRun: false }) as const

  it("a key is one import, one that is given up makes room, and no more are received or open than there may be", () =>
    running(
      Effect.gen(function* () {
        const desk = yield* ImportDesk
        const first = yield* desk.begin(asked("one"))
        expect(first._tag).toBe("Begun")
        expect(yield* desk.begin(asked("one"))).toEqual({ _tag: "InProgress" })
        for (let more = 1; more < RECEIVED_AT_ONCE; more++) yield* desk.begin(asked(`more ${more}`))
        expect(yield* desk.begin(asked("two"))).toEqual({ _tag: "Busy" })
        const { id } = first as { readonly id: string }
        yield* desk.drop(id)
        expect((yield* desk.begin(asked("two")))._tag).toBe("Begun")
        // Their receivers are gone.
        yield* TestClock.adjust("61 seconds")
        expect(yield* desk.begin(asked("two"))).toEqual({ _tag: "InProgress" })
        expect((yield* desk.begin(asked("two")))._tag).toBe("Begun")
        const again = yield* imported("delta", [[fresh("K", 1)]], { key: "three" })
        expect(yield* desk.begin(asked("three"))).toEqual({ _tag: "Known", id: again.id, fingerprint: KEY })
        yield* TestClock.adjust("4 minutes")
        expect(yield* desk.get(again.id)).toBeNull()
      }),
    ))

  it("of a shop that has enough open none more is begun", async () => {
    const store = Store.make()
    const imports = MemoryImports.make(store)
    const still = { ...imports, claim: () => Effect.succeed(null) } as ImportsService
    const test = Effect.gen(function* () {
      const desk = yield* ImportDesk
      for (let open = 0; open < OPEN_MAX; open++) yield* handIn("delta", [[fresh(`L${open}`, 1)]])
      expect(yield* desk.begin(asked("one more"))).toEqual({ _tag: "Busy" })
    })
    await running(test, store, still)
  })
})
