/** Owners in this thread keep the contract of workers, over memory. */
import { Context, Deferred, Effect, Layer } from "effect"
import * as SystemIds from "../../src/adapters/system/ids.ts"
import * as LocalWorkers from "../../src/app/inventory/local-workers.ts"
import { Ledger } from "../../src/ports/ledger.ts"
import * as Books from "../support/books.ts"
import * as RecordingProbe from "../support/recording-probe.ts"
import { Stalling, workersContract } from "./workers.ts"

/** A ledger whose commits wait as long as there is a stall. */
const stallable = Layer.effectContext(
  Effect.gen(function* () {
    const ledger = yield* Ledger
    let pass: Effect.Effect<unknown> = Effect.void
    const stall = Effect.sync(() => {
      const waiting = Deferred.makeUnsafe<void>()
      const ended = Deferred.makeUnsafe<void>()
      pass = Effect.andThen(Deferred.succeed(waiting, undefined), Deferred.await(ended))
      return { waiting: Deferred.await(waiting), end: Deferred.succeed(ended, undefined) }
    })
    const commit: Ledger["Service"]["commit"] = (batch) =>
      Effect.suspend(() => Effect.andThen(pass, ledger.commit(batch)))
    return Context.make(Ledger, { ...ledger, commit }).pipe(Context.add(Stalling, { stall }))
  }),
)

workersContract(
  "local",
  LocalWorkers.layer.pipe(
    Layer.provideMerge(Layer.provideMerge(stallable, Books.memory)),
    Layer.provide(Layer.mergeAll(SystemIds.layer, RecordingProbe.silent)),
  ),
)
