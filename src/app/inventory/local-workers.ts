/**
 * Workers in this thread: each assignment of lanes gets an owner and its loops. What a worker thread runs, and what tests
 * and the memory store run directly.
 */
import { Cause, Clock, Context, Deferred, Effect, Layer, Scope } from "effect"
import type { Ids } from "../../ports/ids.ts"
import type { Ledger, OwnedLane } from "../../ports/ledger.ts"
import { Probe } from "../../ports/probe.ts"
import { type Listening, type Worker, Workers } from "../../ports/workers.ts"
import * as Committer from "./committer.ts"
import * as Expiry from "./expiry.ts"
import * as KeyReader from "./key-reader.ts"
import { BATCH_SIZE_MAX } from "./limits.ts"
import * as Loader from "./loader.ts"
import { Owner } from "./owner.ts"

/** Unpaid holds of a product that one customer may have; 0: any number. */
export const HoldsPerCustomer = Context.Reference<number>("jaego/app/inventory/HoldsPerCustomer", {
  defaultValue: () => 0,
})

/** Decisions of a batch, at most. */
export const BatchSizeMax = Context.Reference<number>("jaego/app/inventory/BatchSizeMax", {
  defaultValue: () => BATCH_SIZE_MAX,
})

/** A drain that has not ended after this is given up; what is left was never acknowledged. */
export const DRAIN_MS = 10_000

const idle = Effect.fnUntraced(function* (owner: Owner) {
  while (owner.queued > 0) yield* owner.becameIdle.wait
})

const drain = (owner: Owner): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (!owner.isAbandoned) owner.close("draining")
    return idle(owner)
  }).pipe(Effect.timeoutOption(DRAIN_MS), Effect.andThen(Effect.sync(() => owner.failUnsent("draining"))))

/**
 * One owner with its loops, until the scope closes; then it drains, and leaves no caller behind. `fenced` completes when it had to
 * stop.
 */
export const startOwner = Effect.fnUntraced(function* (
  worker: number,
  lanes: ReadonlyArray<OwnedLane>,
  fenced: Deferred.Deferred<void>,
  { changed, ended }: Pick<Listening, "changed" | "ended">,
) {
  const clock = yield* Clock.Clock
  const probe = yield* Probe
  const owner = new Owner(lanes, () => clock.currentTimeMillisUnsafe(), {
    unpaidMax: yield* HoldsPerCustomer,
    batchSizeMax: yield* BatchSizeMax,
    dropped: (why) => probe.emit({ _tag: "WorkDropped", worker, why }),
    spanEnded: (span) => probe.emit({ _tag: "SpanEnded", span }),
  })
  const stop = (cause: Cause.Cause<unknown>) =>
    Cause.hasInterruptsOnly(cause)
      ? Effect.failCause(cause)
      : Effect.logError("the owner of lanes broke down", cause).pipe(
          Effect.andThen(Effect.sync(() => owner.abandon("unknown"))),
          Effect.andThen(Deferred.succeed(fenced, undefined)),
        )
  const measure = Effect.sync(() =>
    probe.emit({
      _tag: "WorkerMeasured",
      worker,
      queued: owner.queued,
      ...owner.resident,
      hottest: owner.hot.take(),
    }),
  ).pipe(Effect.andThen(Effect.sleep("1 second")), Effect.forever)
  const loops = [
    Committer.run(owner, worker, fenced),
    Loader.run(owner, worker),
    KeyReader.run(owner.idempotency),
    Expiry.run(owner, ended),
    owner.watch.run(changed),
    measure,
  ]
  // Registered before the loops, so that it comes after them: an interrupted loop drops what it has in hand.
  yield* Effect.addFinalizer(() => Effect.sync(() => owner.end()))
  for (const loop of loops) yield* Effect.forkScoped(Effect.catchCause(loop, stop))
  yield* Effect.addFinalizer(() => drain(owner))
  probe.emit({ _tag: "WorkerStarted", worker })
  return owner
})

export const layer = Layer.effect(
  Workers,
  Effect.gen(function* () {
    // Without the layer's scope: owners live and drain in the scope of the crew that they are started for.
    const context = Context.omit(Scope.Scope)(yield* Effect.context<Ledger | Probe | Ids>())
    return Workers.of({
      start: (assignments, listening) =>
        Effect.gen(function* () {
          const fenced = yield* Deferred.make<void>()
          const workers: Array<Worker> = []
          for (const [worker, lanes] of assignments.entries()) {
            const owner = yield* startOwner(worker, lanes, fenced, listening)
            workers.push({
              submit: (command, answer) => owner.submit(command, answer),
              abandon: (claim) => owner.hangUp(claim),
              watch: (productId, isWatched) => owner.watch.watch(productId, isWatched),
            })
          }
          return { workers, fenced: Deferred.await(fenced) }
        }).pipe(Effect.provideContext(context)),
    })
  }),
)
