/**
 * Callers' time limits at an owner, and callers that hang up: what no caller waits for is not begun and not sent; what was sent is
 * answered, however late.
 */
import { type Cause, Deferred, Effect, Exit } from "effect"
import { expect, it } from "vitest"
import * as MemoryLedger from "../../src/adapters/memory/ledger.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import * as Committer from "../../src/app/inventory/committer.ts"
import * as Loader from "../../src/app/inventory/loader.ts"
import { Owner } from "../../src/app/inventory/owner.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import type { Unavailable } from "../../src/ports/failures.ts"
import { Ids } from "../../src/ports/ids.ts"
import type { Refused } from "../../src/ports/inventory.ts"
import { Ledger } from "../../src/ports/ledger.ts"
import { Probe } from "../../src/ports/probe.ts"
import * as CountingIds from "../support/counting-ids.ts"
import * as Scribe from "../support/scribe.ts"

const failureOf = ({ reasons: [reason] }: Cause.Cause<Refused | Unavailable>): string => {
  if (reason?._tag !== "Fail") return "died"
  return reason.error._tag === "Refused" ? reason.error.rejection._tag : `${reason.error.reason}, ${reason.error.fate}`
}

/** One product, an owner whose clock stands still, and a ledger that commits when it is let. */
const counter = async (onHand: number) => {
  const store = Store.make()
  const ids = CountingIds.make(7)
  const product = ids.next() as ProductId
  const price = { amount: 1, currency: "EUR" }
  store.products.set(product, Scribe.product({ id: product, price }))
  store.stocks.set(product, { onHand, reserved: 0, version: 1 })
  store.movements.set(product, [])
  const lanes = Store.raise(
    store,
    store.lanes.map(({ lane }) => lane),
  )
  const clock = { now: 0 }
  const dropped: Array<string> = []
  const owner = new Owner(lanes, () => clock.now, { dropped: (why) => dropped.push(why) })
  const ledger = MemoryLedger.make(store)
  const gate = { sent: 0, open: Deferred.makeUnsafe<void>() }
  const gated: Ledger["Service"] = {
    ...ledger,
    commit: (batch) => {
      gate.sent++
      return Effect.andThen(Deferred.await(gate.open), ledger.commit(batch))
    },
  }
  const answers: Record<string, string> = {}
  const order = (key: string, answerBy?: number) =>
    owner.submit(
      {
        _tag: "PlaceOrder",
        orderId: Lane.place(ids.next(), Lane.of(product)) as OrderId,
        customerId: "kim",
        lines: [{ productId: product, quantity: 1 }],
        held: [],
        token: null,
        createdAt: 0,
        expiresAt: 600_000,
        claim: { route: "orders", key, fingerprint: "f" },
        answerBy,
      },
      (exit) => {
        answers[key] = Exit.isSuccess(exit) ? exit.value.reply._tag : failureOf(exit.cause)
      },
    )
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise(setImmediate)
  }
  const work = Effect.gen(function* () {
    const fenced = yield* Deferred.make<void>()
    yield* Effect.forkChild(Loader.run(owner, 0))
    yield* Committer.run(owner, 0, fenced)
  }).pipe(
    Effect.provideService(Ledger, gated),
    Effect.provideService(Ids, ids),
    Effect.provideService(Probe, { emit: () => undefined }),
  )
  Effect.runFork(work)
  const release = () => {
    const { open } = gate
    gate.open = Deferred.makeUnsafe()
    Deferred.doneUnsafe(open, Effect.void)
  }
  const hangUp = (key: string) => owner.hangUp(`orders ${key}`)
  const giveUp = () => owner.failUnsent("database")
  return {
    answers,
    clock,
    dropped,
    gate,
    giveUp,
    hangUp,
    order,
    release,
    stock: () => store.stocks.get(product)!,
    until,
  }
}

it("what is late before its turn is not begun, and binds no key", async () => {
  const { answers, clock, dropped, gate, order, release, stock, until } = await counter(1)
  clock.now = 10
  order("late", 10)
  expect(answers).toEqual({ late: "deadline-passed, undecided" })
  expect(dropped).toEqual(["deadline"])
  order("late", 11)
  await until(() => gate.sent === 1)
  release()
  await until(() => answers["late"] === "Order")
  expect(stock().reserved).toBe(1)
})

it("what is late before its batch is sent is taken back, and what was refused because of it is decided again", async () => {
  const { answers, clock, gate, order, release, stock, until } = await counter(2)
  order("first")
  await until(() => gate.sent === 1)
  // Both are decided while the first is on its way: the last unit is the impatient buyer's, for now.
  order("impatient", 10)
  order("patient")
  clock.now = 10
  release()
  await until(() => gate.sent === 2)
  release()
  await until(() => Object.keys(answers).length === 3)
  expect(answers).toEqual({ first: "Order", impatient: "deadline-passed, undecided", patient: "Order" })
  expect(stock()).toMatchObject({ onHand: 2, reserved: 2 })
})

it("what was given up behind a commit is not sent when that commit has been answered after all", async () => {
  const { answers, gate, giveUp, order, release, stock, until } = await counter(3)
  order("first")
  await until(() => gate.sent === 1)
  order("behind")
  giveUp()
  expect(answers).toEqual({ behind: "database, undecided" })
  release()
  await until(() => answers["first"] !== undefined)
  order("last")
  await until(() => gate.sent === 2)
  release()
  await until(() => answers["last"] !== undefined)
  expect(answers).toEqual({ first: "Order", behind: "database, undecided", last: "Order" })
  expect(stock().reserved).toBe(2)
})

it("what was sent is answered with what became of it, however late", async () => {
  const { answers, clock, gate, order, release, stock, until } = await counter(2)
  order("sent", 10)
  await until(() => gate.sent === 1)
  clock.now = 1_000
  release()
  await until(() => answers["sent"] !== undefined)
  expect(answers).toEqual({ sent: "Order" })
  expect(stock().reserved).toBe(1)
})

it("what a caller hangs up on before its batch is sent is taken back, and the next buyer gets it", async () => {
  const { answers, dropped, gate, hangUp, order, release, stock, until } = await counter(2)
  order("first")
  await until(() => gate.sent === 1)
  order("gone")
  order("patient")
  hangUp("gone")
  release()
  await until(() => gate.sent === 2)
  release()
  await until(() => Object.keys(answers).length === 3)
  expect(answers).toEqual({ first: "Order", gone: "deadline-passed, undecided", patient: "Order" })
  expect(dropped).toEqual(["hung-up"])
  expect(stock()).toMatchObject({ onHand: 2, reserved: 2 })
  // Its key is free, and hanging up on what is over says nothing of what comes under the key next.
  hangUp("gone")
  order("gone")
  await until(() => answers["gone"] === "InsufficientStock")
})

it("what was sent is placed although its caller hangs up", async () => {
  const { answers, dropped, gate, hangUp, order, release, stock, until } = await counter(2)
  order("sent")
  await until(() => gate.sent === 1)
  hangUp("sent")
  release()
  await until(() => answers["sent"] !== undefined)
  expect([answers, dropped]).toEqual([{ sent: "Order" }, []])
  expect(stock().reserved).toBe(1)
})
