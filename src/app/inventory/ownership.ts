/**
 * Ownership: a process either owns all lanes and decides, or stands by. It takes the lanes when the lease is free, starts
 * the workers, and goes back to standing by when it is fenced or the lease is lost. It never fights a live owner.
 *
 *     starting -> standby -> ready -> (fenced, lease lost) -> standby ... -> draining
 *
 * Gives the port `Inventory`: while nothing is owned it answers `Unavailable`. Nothing is taken before `begin`: a process
 * binds its port first.
 */
import { Clock, Context, Effect, FiberSet, Latch, Layer, Schedule, SubscriptionRef } from "effect"
import { unavailable } from "../../ports/failures.ts"
import { Inventory } from "../../ports/inventory.ts"
import { Lease } from "../../ports/lease.ts"
import { Probe } from "../../ports/probe.ts"
import { Workers } from "../../ports/workers.ts"
import { Readiness } from "../health.ts"
import { tellsOfMemory } from "./commands.ts"
import * as Placement from "./placement.ts"

/** After the database was not reached, ask again after this. */
const RETRY = "500 millis"

/** Who keeps lanes for this long holds them in earnest, milliseconds. */
const STEADY_MS = 10_000

/**
 * Before lanes are taken again, after so many times in a row that they were lost soon and to nobody, milliseconds: none after
 * the first, then ever longer. What broke the owner may break the next one too, and each taking costs everybody's answers.
 */
const pauseMs = (losses: number): number => (losses < 2 ? 0 : Math.min(5_000, 100 * 2 ** (losses - 2)))

export class Ownership extends Context.Service<
  Ownership,
  {
    /** From now on lanes are taken when they are free. */
    readonly begin: Effect.Effect<void>
  }
>()("jaego/app/inventory/Ownership") {}

/** `workers`: how many share the lanes, 1..64. */
export const layer = (workers: number) =>
  Layer.effectContext(
    Effect.gen(function* () {
      const lease = yield* Lease
      const crew = yield* Workers
      const probe = yield* Probe
      const readiness = yield* Readiness
      const background = yield* FiberSet.make()
      const runBackground = yield* FiberSet.runtime(background)<never>()
      let placement: Placement.Placement | null = null
      let isFresh = (): boolean => false
      let losses = 0

      const standBy = Effect.gen(function* () {
        probe.emit({ _tag: "StandingBy" })
        yield* SubscriptionRef.set(readiness, "standby")
      })

      const own = Effect.gen(function* () {
        const held = yield* lease.acquire(standBy)
        const takenAt = yield* Clock.currentTimeMillis
        probe.emit({ _tag: "LanesTaken", lanes: held.lanes.length })
        const started = yield* crew.start(Placement.deal(held.lanes, workers), ({ order, elsewhere, ending }) => {
          if (ending !== null && placement !== null) runBackground(placement.finish(order.id, elsewhere, ending))
        })
        placement = Placement.make(started.workers)
        let isOver = false
        isFresh = () => !isOver && held.isFresh()
        yield* SubscriptionRef.set(readiness, "ready")
        yield* Effect.raceFirst(held.lost, started.fenced)
        // Fenced under a lease that is still ours: nobody else has taken the lanes, the reason lies in what we decide.
        const isOurs = held.isFresh() && (yield* Clock.currentTimeMillis) - takenAt < STEADY_MS
        losses = isOurs ? losses + 1 : 0
        isOver = true
        probe.emit({ _tag: "LanesLost", lanes: held.lanes.length })
      }).pipe(
        Effect.ensuring(
          Effect.suspend(() => {
            placement = null
            return SubscriptionRef.update(readiness, (state) => (state === "ready" ? "standby" : state))
          }),
        ),
        Effect.scoped,
      )

      const ownAgain = own.pipe(
        Effect.tapError((error) => Effect.logWarning(`the database was not reached: ${error.detail}`)),
        Effect.tapError(() => SubscriptionRef.set(readiness, "database")),
        Effect.retry(Schedule.spaced(RETRY)),
        Effect.andThen(Effect.suspend(() => Effect.sleep(pauseMs(losses)))),
        Effect.forever,
      )
      const begun = yield* Latch.make(false)
      yield* Effect.forkScoped(begun.whenOpen(ownAgain))

      const notNow = Effect.flatMap(SubscriptionRef.get(readiness), (state) =>
        Effect.fail(unavailable(state === "ready" ? "starting" : state)),
      )
      // A commit is fenced by its epoch; what was only read is fenced here, on its way out: a frozen owner that wakes up
      // does not know yet that somebody else has sold on.
      const believed = (isFresh: () => boolean) =>
        Effect.suspend(() => (isFresh() ? Effect.void : Effect.fail(unavailable("stale-owner"))))

      const inventory = Inventory.of({
        submit: (command) =>
          Effect.suspend(() => {
            if (placement === null) return notNow
            // Of the lease under which it was asked: by the time of the answer there may be another one.
            const believable = believed(isFresh)
            // Memory that is partly old and partly read anew may contradict itself: that is no defect of ours either.
            const answer = Effect.catchDefect(placement.submit(command), (defect) =>
              Effect.andThen(believable, Effect.die(defect)),
            )
            return tellsOfMemory(command)
              ? Effect.tap(answer, believable)
              : Effect.tapError(answer, (error) => (error._tag === "Refused" ? believable : Effect.void))
          }),
      })
      return Context.make(Inventory, inventory).pipe(Context.add(Ownership, { begin: Effect.asVoid(begun.open) }))
    }),
  )
