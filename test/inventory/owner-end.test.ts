/** An owner that ends leaves no caller behind, whatever it has in hand when the time of its drain is over. */
import { Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import * as SystemIds from "../../src/adapters/system/ids.ts"
import * as LocalWorkers from "../../src/app/inventory/local-workers.ts"
import type { Command } from "../../src/ports/inventory.ts"
import { Lease } from "../../src/ports/lease.ts"
import { CommitUnknown, Ledger, LedgerDown } from "../../src/ports/ledger.ts"
import { type Answering, Workers } from "../../src/ports/workers.ts"
import * as Books from "../support/books.ts"
import * as RecordingProbe from "../support/recording-probe.ts"
import * as Scribe from "../support/scribe.ts"

/** The database says nothing until the drain has been given up (ms). */
const LATE_MS = LocalWorkers.DRAIN_MS + 5_000

const late = <A, E>(then: Effect.Effect<A, E>): Effect.Effect<A, E> => Effect.andThen(Effect.sleep(LATE_MS), then)

const create = (key: string): Command => ({
  _tag: "CreateProduct",
  product: Scribe.product(),
  onHand: 1,
  claim: { route: "products", key, fingerprint: "f" },
})

const said = (exit: Parameters<Answering>[0]): string => {
  if (Exit.isSuccess(exit)) return exit.value.reply._tag
  const [reason] = exit.cause.reasons
  if (reason?._tag !== "Fail" || reason.error._tag !== "Unavailable") return "refused or died"
  return `${reason.error.reason}, ${reason.error.fate}`
}

const settled = Effect.repeat(Effect.yieldNow, { times: 50 })

/** What is asked one after another, of an owner whose scope is closed then, is answered so by the end of it. */
const answersOf = (commands: ReadonlyArray<Command>, change: Partial<Ledger["Service"]>) => {
  const ledger = Layer.effect(
    Ledger,
    Effect.map(Ledger, (memory) => ({ ...memory, ...change })),
  )
  const layer = LocalWorkers.layer.pipe(
    Layer.provideMerge(Layer.provideMerge(ledger, Books.memory)),
    Layer.provide(Layer.mergeAll(SystemIds.layer, RecordingProbe.silent)),
  )
  return Effect.gen(function* () {
    const { lanes } = yield* (yield* Lease).acquire(Effect.void)
    const scope = yield* Scope.make()
    const listening = { ended: () => undefined, missing: () => undefined, changed: () => undefined }
    const { workers } = yield* Scope.provide((yield* Workers).start([lanes], listening), scope)
    const answers: Array<string> = commands.map(() => "never answered")
    for (const [index, command] of commands.entries()) {
      workers[0]!.submit(command, (exit) => {
        answers[index] = said(exit)
      })
      yield* settled
    }
    const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
    yield* TestClock.adjust(2 * LATE_MS)
    yield* Fiber.join(closing)
    return answers
  }).pipe(Effect.scoped, Effect.provide(layer), Effect.provide(TestClock.layer()), Effect.runPromise)
}

it("of a commit whose outcome is unknown too late, and of what stands behind it", async () => {
  const answers = await answersOf([create("sent"), create("behind")], {
    commit: () => late(Effect.fail(new CommitUnknown({ detail: "planned" }))),
  })
  expect(answers).toEqual(["draining, unknown", "draining, undecided"])
})

it("of a commit that did nothing, too late", async () => {
  const answers = await answersOf([create("sent"), create("behind")], {
    commit: () => late(Effect.fail(new LedgerDown({ detail: "planned" }))),
  })
  expect(answers).toEqual(["database, undecided", "draining, undecided"])
})

it("of a commit that is contested too late, whose commands are to be decided again", async () => {
  const contest = { _tag: "Contested", boundKeys: [], changedHolds: [], takenSkus: [] } as const
  const answers = await answersOf([create("sent"), create("behind")], { commit: () => late(Effect.succeed(contest)) })
  expect(answers).toEqual(["draining, undecided", "draining, undecided"])
})

it("of a load that says nothing, and of what stands behind it under the same key", async () => {
  const answers = await answersOf([create("same"), create("same")], { load: () => Effect.never })
  expect(answers).toEqual(["draining, undecided", "draining, undecided"])
})
