/**
 * Whether the database still commits (a passive health check): a worker that has reported nothing but refused commits and reads
 * makes the service unready, `database`, and the log says why. A disk that is full, a limit of connections, a revoked
 * right: the database answers, and nothing is sold.
 *
 * It becomes ready again by itself, with the worker's first commit; or, as a balancer sends no orders to what is not ready, with
 * a write of our own that is tried when none come.
 *
 * Limits: REFUSED_IN_A_ROW, REFUSED_MS.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { type Happening, Probe } from "../ports/probe.ts"
import { WriteTrial } from "../ports/write-trial.ts"
import { Notify } from "../std/notify.ts"
import * as Health from "./health.ts"

/** So many in a row are no passing trouble; a busy shop need not wait for the time. */
const REFUSED_IN_A_ROW = 20

/** Nor is it when nothing else has happened for so long (ms). */
const REFUSED_MS = 3_000

/** Without orders for so long (ms) a write is tried. */
const QUIET_MS = 2_000

/** Between two looks (ms). */
const LOOK_MS = 1_000

/** Between two lines of the log about the same trouble (ms). */
const SAY_AGAIN_MS = 60_000

interface Row {
  readonly since: number
  times: number
  lastAt: number
  detail: string
}

/** What has been refused since the last success, by worker. */
class Refused {
  readonly changed = new Notify()
  /** Since the trouble began the lanes were lost, and with them the reports of the workers. */
  isLost = false
  readonly #rows = new Map<number, Row>()

  get isNone(): boolean {
    return this.#rows.size === 0
  }

  refuse(worker: number, detail: string, now: number): void {
    const row = this.#rows.get(worker) ?? { since: now, times: 0, lastAt: now, detail }
    this.#rows.set(worker, Object.assign(row, { times: row.times + 1, lastAt: now, detail }))
    if (row.times === REFUSED_IN_A_ROW) this.changed.notify()
  }

  commit(worker: number): void {
    if (this.#rows.delete(worker)) this.changed.notify()
  }

  /** A write of our own was taken. */
  clear(): void {
    this.#rows.clear()
  }

  /** Whether the service is ready is for those to say who take the lanes next. */
  lose(): void {
    this.isLost = true
    this.#rows.clear()
  }

  /** Why nothing is committed, in the words of the last refusal; null: it is not as bad as that. */
  get trouble(): string | null {
    for (const { detail, lastAt, since, times } of this.#rows.values())
      if (times >= REFUSED_IN_A_ROW || (times > 1 && lastAt - since >= REFUSED_MS)) return detail
    return null
  }

  isQuiet(now: number): boolean {
    return [...this.#rows.values()].every(({ lastAt }) => now - lastAt >= QUIET_MS)
  }
}

export class Refusals extends Context.Service<Refusals, Refused>()("jaego/app/Refusals") {}

const hear = (refused: Refused, happening: Happening, now: () => number): void => {
  switch (happening._tag) {
    case "BatchCommitted":
      if (!refused.isNone) refused.commit(happening.worker)
      return
    case "CommitFailed":
      // It was the value, not the database.
      if (happening.outcome !== "unstorable") refused.refuse(happening.worker, happening.detail, now())
      return
    case "LoadFailed":
      return refused.refuse(happening.worker, happening.detail, now())
    case "WorkerDied":
      return refused.commit(happening.worker)
    case "LanesLost":
      return refused.lose()
  }
}

/** What is refused, and the probe that counts it. */
export const watching: Layer.Layer<Probe | Refusals, never, Probe> = Layer.effectContext(
  Effect.gen(function* () {
    const probe = yield* Probe
    const clock = yield* Clock.Clock
    const refused = new Refused()
    const now = () => clock.currentTimeMillisUnsafe()
    const emit = (happening: Happening): void => {
      probe.emit(happening)
      hear(refused, happening, now)
    }
    return Context.make(Refusals, refused).pipe(Context.add(Probe, { emit }))
  }),
)

/** From the first trouble to the first success. */
const lasting = Effect.fnUntraced(function* (refused: Refused, readiness: Health.Ref, trial: WriteTrial["Service"]) {
  let saidAt = Number.NEGATIVE_INFINITY
  for (;;) {
    const now = yield* Clock.currentTimeMillis
    const why = refused.trouble
    if (why === null) return
    yield* Health.move(readiness, (state) => (state === "ready" ? "database" : state))
    if (now - saidAt >= SAY_AGAIN_MS) {
      saidAt = now
      yield* Effect.logError(`the database refuses all commits, and the service is not ready: ${why}`)
    }
    yield* Effect.raceFirst(Effect.sleep(LOOK_MS), refused.changed.wait)
    if (!refused.isNone && refused.isQuiet(yield* Clock.currentTimeMillis))
      yield* Effect.andThen(
        trial.attempt,
        Effect.sync(() => refused.clear()),
      ).pipe(Effect.ignore)
  }
})

/** Makes the service unready, and ready again. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const refused = yield* Refusals
    const readiness = yield* Health.Readiness
    const trial = yield* WriteTrial
    const watch = Effect.gen(function* () {
      yield* Effect.raceFirst(Effect.sleep(LOOK_MS), refused.changed.wait)
      if (refused.trouble === null) return
      refused.isLost = false
      yield* lasting(refused, readiness, trial)
      if (refused.isLost) return
      yield* Health.move(readiness, (state) => (state === "database" ? "ready" : state))
      yield* Effect.logInfo("the database commits again")
    })
    yield* Effect.forkScoped(Effect.forever(watch))
  }),
)
