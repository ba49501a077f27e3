/**
 * Ownership: a process either owns all lanes and decides, or stands by. It takes the lanes when the lease is free, starts
 * the workers, and goes back to standing by when it is fenced or the lease is lost. It never fights a live owner.
 *
 *     starting -> standby -> ready <-> worker-lost, -> (fenced, lease lost) -> standby ... -> draining, handed over
 *
 * Gives the port `Inventory`: while nothing is owned it answers `Unavailable`; and the feed of what its workers commit. Nothing is taken before `begin`: a process
 * binds its port first. Once it drains, the lanes are handed over as soon as no command is under way, whatever else of the
 * service still has to end.
 */
import { Cause, Clock, Context, Effect, FiberSet, Latch, Layer, SubscriptionRef } from "effect"
import { type Unavailable, unavailable } from "../../ports/failures.ts"
import { type Command, Inventory, type Refused } from "../../ports/inventory.ts"
import { Lease } from "../../ports/lease.ts"
import { Probe } from "../../ports/probe.ts"
import { type OrderReply, type Worker, Workers } from "../../ports/workers.ts"
import * as Health from "../health.ts"
import { Feed, StockFeed } from "../stock-feed.ts"
import { answersFromMemory } from "./commands.ts"
import { Patience } from "./patience.ts"
import { deal, Placement } from "./placement.ts"
import { type Fire, Volley } from "./volley.ts"

/** The pause (ms) after the lanes could not be taken: the database was not reached, say. */
const RETRY_MS = 500

/** An owner that has kept its lanes for this long (ms) did not lose them to what it began with. */
const STEADY_MS = 10_000

/**
 * The pause before the lanes are taken again (ms), by how many times in a row they were lost soon, and to no other process:
 * none after the first, then ever longer. What broke the owner may break the next one too, and each taking costs all answers
 * that are under way.
 */
const pauseMs = (losses: number): number => (losses < 2 ? 0 : Math.min(5_000, 100 * 2 ** (losses - 2)))

/**
 * How long the lanes are kept at least once the service drains (ms): what is on its way to it is still decided. As long as HTTP
 * still reads requests, and longer than a buyer waits for the outcome of a payment (then there is one more command).
 */
export const KEEP_MS = 500

/** Products that are read at a time after a worker was replaced. */
const READ_ANEW = 32

/** From one look at the lease to the next, where it is only to be shown. */
const LEASE_SHOWN_EVERY = "1 second"

/** Between two looks whether commands are under way (ms). */
const LOOK_MS = 10

export class Ownership extends Context.Service<
  Ownership,
  {
    /** From now on lanes are taken when they are free. */
    readonly begin: Effect.Effect<void>
  }
>()("jaego/app/inventory/Ownership") {}

/** See `Worker.abandon`; where nothing is owned, nothing is under way. */
export const Abandon = Context.Reference<Worker["abandon"]>("jaego/app/inventory/Abandon", {
  defaultValue: () => () => undefined,
})

/** From the taking of the lanes to their loss. */
interface Tenure {
  readonly placement: Placement
  /** Whether what its memory says may still be answered. */
  readonly isFresh: () => boolean
}

/** What this process owns, and what it takes to own it. */
interface Process {
  readonly workers: number
  readonly lease: Lease["Service"]
  readonly crew: Workers["Service"]
  readonly probe: Probe["Service"]
  readonly readiness: Health.Ref
  readonly runBackground: (effect: Effect.Effect<void>) => void
  readonly feed: Feed
  /** Null: it stands by. */
  tenure: Tenure | null
  /** How many times in a row the lanes were lost soon, and to no other process. */
  losses: number
}

/** Holds on other workers of an order that ended by time. What cannot be ended now is found again by the sweep. */
const finishEnded = (self: Process, { elsewhere, ending, order }: OrderReply): void => {
  if (ending !== null && self.tenure !== null)
    self.runBackground(self.tenure.placement.finish(order.id, elsewhere, ending))
}

/** What a worker has committed and not announced any more when it was lost. */
const readAnew = ({ feed, tenure }: Process): Effect.Effect<void> =>
  Effect.forEach(
    tenure === null ? [] : feed.watched,
    (productId) =>
      tenure!.placement.submit({ _tag: "ReadStock", productId }).pipe(
        Effect.map(({ reply }) => (reply._tag === "Stock" ? feed.changed([reply]) : undefined)),
        Effect.ignore,
      ),
    { concurrency: READ_ANEW, discard: true },
  )

const workersMissing = (self: Process, missing: number): void => {
  if (missing === 0) self.runBackground(readAnew(self))
  self.runBackground(
    Health.move(self.readiness, (state) => {
      if (missing > 0) return state === "ready" ? "worker-lost" : state
      return state === "worker-lost" ? "ready" : state
    }),
  )
}

const standBy = ({ probe, readiness }: Process): Effect.Effect<void> =>
  Effect.suspend(() => {
    probe.emit({ _tag: "StandingBy" })
    return Health.become(readiness, "standby")
  })

const leave = (self: Process): Effect.Effect<void> =>
  Effect.suspend(() => {
    self.tenure = null
    self.feed.end()
    return Health.move(self.readiness, (state) => (state === "ready" || state === "worker-lost" ? "standby" : state))
  })

/** Takes the lanes when they are free, and decides until they are lost. */
const own = Effect.fnUntraced(function* (self: Process) {
  const { crew, lease, probe, readiness, workers } = self
  const held = yield* lease.acquire(standBy(self))
  const takenAt = yield* Clock.currentTimeMillis
  probe.emit({ _tag: "LanesTaken", lanes: held.lanes.length })
  // Before the crew, and so until it has drained: the deadline of a command that is under way stands while it does.
  const patience = new Patience()
  yield* Effect.forkScoped(patience.run)
  const starting = crew.start(deal(held.lanes, workers), {
    ended: (reply) => finishEnded(self, reply),
    missing: (missing) => workersMissing(self, missing),
    changed: (stocks) => self.feed.changed(stocks),
  })
  const started = yield* Effect.raceFirst(starting, Effect.as(held.lost, null))
  let isOver = false
  if (started !== null) {
    const placement = new Placement(started.workers.map(patience.with))
    self.tenure = { placement, isFresh: () => !isOver && held.isFresh() }
    self.feed.begin(placement.watch)
    yield* Health.become(readiness, "ready")
    const measure = Effect.sync(() => probe.emit({ _tag: "LeaseMeasured", isFresh: held.isFresh() }))
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(measure, Effect.sleep(LEASE_SHOWN_EVERY))))
    yield* Effect.raceFirst(held.lost, started.fenced)
  }
  // Fenced under a lease that is still ours: no other process has taken the lanes, the reason lies in what we decide.
  const isOurs = held.isFresh() && (yield* Clock.currentTimeMillis) - takenAt < STEADY_MS
  self.losses = isOurs ? self.losses + 1 : 0
  isOver = true
  probe.emit({ _tag: "LanesLost", lanes: held.lanes.length })
})

/** One tenure after the other, whatever ends them. */
const ownAgain = (self: Process): Effect.Effect<never> =>
  Effect.ensuring(own(self), leave(self)).pipe(
    Effect.scoped,
    Effect.andThen(Effect.suspend(() => Effect.sleep(pauseMs(self.losses)))),
    Effect.catchTag("LedgerDown", ({ detail }) =>
      Effect.logWarning(`the database was not reached: ${detail}`).pipe(
        Effect.andThen(Health.become(self.readiness, "database")),
        Effect.andThen(Effect.sleep(RETRY_MS)),
      ),
    ),
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.failCause(cause as Cause.Cause<never>)
        : Effect.andThen(
            Effect.logError("taking the lanes broke down and is tried again", cause),
            Effect.sleep(RETRY_MS),
          ),
    ),
    Effect.forever,
  )

/** Completes when the service drains and no command is under way any more. */
const drained = Effect.fnUntraced(function* (self: Process) {
  yield* Health.reached(self.readiness, "draining")
  yield* Effect.sleep(KEEP_MS)
  while (self.tenure !== null && self.tenure.placement.underWay > 0) yield* Effect.sleep(LOOK_MS)
})

const notNow = ({ readiness }: Process) =>
  Effect.flatMap(SubscriptionRef.get(readiness), (state) =>
    Effect.fail(unavailable(state === "ready" ? "starting" : Health.shown(state))),
  )

const stale = Effect.fail(unavailable("stale-owner"))

/** It comes from what we remember: a refusal, or a defect, for memory that is partly old and partly read anew may contradict itself. */
const isOfMemory = (cause: Cause.Cause<Refused | Unavailable>): boolean =>
  Cause.hasDies(cause) || cause.reasons.some((reason) => Cause.isFailReason(reason) && reason.error._tag === "Refused")

/**
 * A commit is fenced by its epoch; what was only read is fenced here, on its way out: a frozen owner that wakes up does not
 * know yet that another process has sold on.
 */
const submit = (self: Process, command: Command) =>
  Effect.suspend(() => {
    if (self.tenure === null) return notNow(self)
    // Of the lease under which it was asked: by the time of the answer there may be another one.
    const { isFresh, placement } = self.tenure
    const answer = Effect.catchCause(placement.submit(command), (cause) =>
      isOfMemory(cause) && !isFresh() ? stale : Effect.failCause(cause),
    )
    return answersFromMemory(command)
      ? Effect.flatMap(answer, (found) => (isFresh() ? Effect.succeed(found) : stale))
      : answer
  })

/** Acceptances are of a commit, which a stale owner cannot make; why others were not is asked by `submit`. */
const volley =
  (self: Process): Fire =>
  (commands) =>
    Effect.suspend(() =>
      self.tenure === null || commands.length === 0
        ? Effect.succeed(commands.map(() => null))
        : self.tenure.placement.volley(commands),
    )

/** `workers`: how many share the lanes, 1..64. */
export const layer = (workers: number) =>
  Layer.effectContext(
    Effect.gen(function* () {
      const runBackground = yield* FiberSet.runtime(yield* FiberSet.make())<never>()
      const self: Process = {
        workers,
        lease: yield* Lease,
        crew: yield* Workers,
        probe: yield* Probe,
        readiness: yield* Health.Readiness,
        runBackground: (effect) => void runBackground(effect),
        feed: new Feed(),
        tenure: null,
        losses: 0,
      }
      const begun = yield* Latch.make(false)
      yield* Effect.forkScoped(Effect.raceFirst(begun.whenOpen(ownAgain(self)), drained(self)))
      const inventory = Inventory.of({ submit: (command) => submit(self, command) })
      return Context.make(Inventory, inventory).pipe(
        Context.add(Ownership, { begin: Effect.asVoid(begun.open) }),
        Context.add(StockFeed, self.feed),
        Context.add(Volley, volley(self)),
        Context.add(Abandon, (claim) => self.tenure?.placement.abandon(claim)),
      )
    }),
  )
