/**
 * Runs imports, one after another, in the process that has claimed them: windows of rows through the inventory's ordinary commands, many
 * at a time. While one window is worked the one before is recorded and the next one is read, looked up and begun.
 *
 * Law: a row is applied once, whenever the process is killed: what is not recorded is worked again under the same keys.
 * Limits: `DOUBTFUL_PARTS` parts and those that come next are in memory. Only while this process decides: it stops in the middle of a
 * window when that ends.
 * Fails: what is away is waited for; an import that meets a defect of ours ends as failed, and what was applied of it stays.
 */
import { Cause, Clock, Effect, Fiber, Layer, Schedule, SubscriptionRef } from "effect"
import type { Unavailable } from "../../ports/failures.ts"
import { Ids } from "../../ports/ids.ts"
import { type Claimed, type Import, Imports, type PartDone } from "../../ports/imports.ts"
import { Probe } from "../../ports/probe.ts"
import * as Health from "../health.ts"
import { Arrived } from "./import-arrived.ts"
import * as DryRun from "./import-dry-run.ts"
import * as Pace from "./import-pace.ts"
import * as RowWork from "./import-row-work.ts"
import * as Volley from "./import-volley.ts"
import * as Window from "./import-window.ts"

/** Some two thousand rows: several commits. */
const WINDOW_PARTS = 4

/** Under way at once: while the last commits of one are made, the next one is decided. */
const WINDOWS = 2

/**
 * A runner that follows another knows that no more was under way, nor was it of a build before, which had two windows of eight: one, and
 * one that was being recorded.
 */
const DOUBTFUL_PARTS = 16

/** Beside other requests a part takes seconds: what was applied is recorded, and shown, after each. */
const BUSY_WINDOW_PARTS = 1

/** How long a runner may be silent before another takes its import over (ms); it says that it lives three times as often. */
const LEASE_MS = 15_000
const BEAT = "5 seconds"

/** Between two looks for imports that others have received, or left. */
const LOOK = "1 second"

/** Recording again changes nothing. */
const RECORD_RETRY = { schedule: Schedule.spaced("500 millis"), times: 20 }

/** Between two looks at how old the oldest is, also while one is run: it may stand still. */
const MEASURE = "5 seconds"

/** Between two looks for what may be forgotten. */
const FORGET = "1 minute"

export interface Options {
  /** Since the end of an import (ms). */
  readonly retentionMs: number
}

const isReady = Effect.gen(function* () {
  return (yield* SubscriptionRef.get(yield* Health.Readiness)) === "ready"
})

const INTERRUPTED = "the dry run was interrupted; send it again under another key"

/** One that has been begun, and what it comes to. */
interface UnderWay {
  readonly window: Window.Window
  readonly done: Fiber.Fiber<ReadonlyArray<PartDone>, Unavailable>
}

/** Nothing is done for many at once. */
const noneAtOnce: Window.AtOnce = (groups) => Effect.succeed(groups)

const workingOn = (rowWork: Effect.Success<typeof RowWork.make>, applying: RowWork.Applying): Window.Working => ({
  begin: (rows, known) => rowWork.recallCounts(rows, known, applying),
  row: (row, known) => rowWork.work(row, known, applying),
})

/** Null: it is done; a text: it failed as a whole; undefined: it is no longer ours, or not to be worked now. */
const windows = Effect.fnUntraced(function* (runner: string, { import: one, wasRunning }: Claimed) {
  const imports = yield* Imports
  const probe = yield* Probe
  const pace = yield* Pace.make
  if (one.dryRun && wasRunning) return INTERRUPTED
  const rowWork = yield* RowWork.make
  const dryRun = yield* DryRun.make
  const volley = yield* Volley.make
  /** Parts that the runner before may have had under way. */
  let doubtful = wasRunning ? DOUBTFUL_PARTS : 0
  const underWay: Array<UnderWay> = []

  const begin = Effect.fnUntraced(function* (window: Window.Window) {
    const applying = { import: one, mayBeDone: doubtful > 0 }
    const isPlain = !one.dryRun && !applying.mayBeDone
    const atOnce: Window.AtOnce = isPlain ? (some, outcomes) => volley(one.id, some, outcomes) : noneAtOnce
    const working = one.dryRun ? { begin: () => Effect.void, row: dryRun } : workingOn(rowWork, applying)
    const done = yield* Effect.forkChild(Window.work(window, atOnce, working, pace))
    underWay.push({ window, done })
    doubtful -= window.parts.length
  })

  /** The oldest are waited for and recorded, until so few are under way. False: it is not ours. */
  const recorded = Effect.fnUntraced(function* (left: number) {
    while (underWay.length > left) {
      const { done, window } = underWay[0]!
      const parts = yield* Fiber.join(done)
      const counts = one.dryRun ? [] : window.groups.flatMap(({ known }) => known.counts)
      const leasedUntil = (yield* Clock.currentTimeMillis) + LEASE_MS
      const isOurs = yield* Effect.retry(imports.record(runner, one.id, parts, counts, leasedUntil), RECORD_RETRY)
      if (!isOurs) return false
      underWay.shift()
      probe.emit({ _tag: "ImportRowsDone", ...Window.counted(parts), dryRun: one.dryRun })
    }
    return true
  })

  let last = -1
  for (;;) {
    const isBusy = yield* pace.isBusy
    // Counts in doubt are worked beside all those that the runner before had under way with them (`recallCounts`).
    const isWhole = !isBusy || (one.mode === "absolute" && doubtful > 0)
    const parts = yield* imports.parts(one.id, last, isWhole ? WINDOW_PARTS : BUSY_WINDOW_PARTS)
    if (parts.length === 0) return (yield* recorded(0)) ? null : undefined
    if (!(yield* isReady)) return undefined
    const window = Window.of(parts)
    // Counts are compared with those that were recorded before.
    const isAlone = isBusy || one.dryRun || one.mode === "absolute" || doubtful > 0
    const hasToWait = isAlone || underWay.some((earlier) => Window.share(window, earlier.window))
    if (hasToWait && !(yield* recorded(0))) return undefined
    yield* Window.lookUp(window)
    if (!(yield* recorded(WINDOWS - 1))) return undefined
    yield* begin(window)
    last = parts.at(-1)!.part
    if (isAlone && !(yield* recorded(0))) return undefined
  }
})

/** Fails when the import is no longer this runner's. */
const beating = Effect.fnUntraced(function* (runner: string, id: string) {
  const imports = yield* Imports
  for (;;) {
    yield* Effect.sleep(BEAT)
    const leasedUntil = (yield* Clock.currentTimeMillis) + LEASE_MS
    const isOurs = yield* Effect.result(imports.record(runner, id, [], [], leasedUntil))
    if (isOurs._tag === "Success" && !isOurs.success) return undefined
  }
})

const summaryOf = (
  { applied, dryRun, failed, id, mode, rows, skipped }: Import,
  state: string,
  seconds: number,
): string =>
  `import ${id} ${state}: ${mode}${dryRun ? ", dry run" : ""}, ${rows} rows, ${applied} applied, ${failed} failed, ` +
  `${skipped} skipped, in ${seconds.toFixed(1)} s`

const ended = Effect.fnUntraced(function* (runner: string, one: Import, error: string | null) {
  const imports = yield* Imports
  const probe = yield* Probe
  const now = yield* Clock.currentTimeMillis
  if (!(yield* Effect.retry(imports.end(runner, one.id, error, now), RECORD_RETRY))) return
  const state = error === null ? "finished" : "failed"
  const seconds = (now - (one.startedAt ?? now)) / 1_000
  probe.emit({ _tag: "ImportEnded", state, seconds })
  const last = (yield* imports.get(one.id)) ?? one
  yield* error === null
    ? Effect.logInfo(summaryOf(last, state, seconds))
    : Effect.logError(`${summaryOf(last, state, seconds)}: ${error}`)
})

/** A defect beside a row's own: it would come again, and hold up all that wait. */
const brokenDown = (one: Import) => (cause: Cause.Cause<Unavailable>) =>
  Cause.hasDies(cause)
    ? Effect.as(Effect.logError(`import ${one.id} met a defect`, cause), Window.OUR_FAULT)
    : Effect.failCause(cause)

const run = Effect.fnUntraced(function* (runner: string, claimed: Claimed) {
  const imports = yield* Imports
  const one = claimed.import
  const done = Effect.catchCause(windows(runner, claimed), brokenDown(one))
  // The lanes are handed over once no command is under way: what is not recorded is worked again by the next owner.
  const drained = Effect.as(Health.reached(yield* Health.Readiness, "draining"), undefined)
  const outcome = yield* Effect.onExit(Effect.raceAllFirst([done, beating(runner, one.id), drained]), (exit) =>
    exit._tag === "Failure" ? Effect.ignore(imports.release(runner, one.id)) : Effect.void,
  )
  if (outcome === undefined) yield* imports.release(runner, one.id)
  else yield* ended(runner, one, outcome)
})

const NONE = { receiving: 0, waiting: 0, running: 0, oldestSeconds: 0 }

/** Imports that have not ended. A process that does not decide says of none: it would say for ever what it last saw. */
const measure = Effect.fnUntraced(function* () {
  const imports = yield* Imports
  const probe = yield* Probe
  if (!(yield* isReady)) {
    probe.emit({ _tag: "ImportsMeasured", ...NONE })
    return NONE
  }
  const { oldestAt, ...states } = yield* imports.census
  const now = yield* Clock.currentTimeMillis
  const measured = { ...states, oldestSeconds: oldestAt === null ? 0 : (now - oldestAt) / 1_000 }
  probe.emit({ _tag: "ImportsMeasured", ...measured })
  return measured
})

/** False: there was nothing to do. */
const look = Effect.fnUntraced(function* (runner: string) {
  const imports = yield* Imports
  const { running, waiting } = yield* measure()
  if (waiting + running === 0) return false
  const now = yield* Clock.currentTimeMillis
  const claimed = yield* imports.claim(runner, now, now + LEASE_MS)
  if (claimed === null) return false
  yield* run(runner, claimed)
  return true
})

const forgetting = Effect.fnUntraced(function* ({ retentionMs }: Options) {
  const imports = yield* Imports
  if (!(yield* isReady)) return
  const now = yield* Clock.currentTimeMillis
  while (yield* imports.forget(now - retentionMs, now));
})

/** Until its scope closes. */
export const layer = (options: Options) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const arrived = yield* Arrived
      const runner = (yield* Ids).next()
      const pause = Effect.raceFirst(Effect.sleep(LOOK), arrived.wait)
      const lookAgain = Effect.gen(function* () {
        const looked = yield* Effect.result(look(runner))
        // What is away is waited for; what was left is found again.
        if (looked._tag === "Failure" || !looked.success) yield* pause
      })
      yield* Effect.forkScoped(Effect.forever(lookAgain))
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(MEASURE), Effect.ignore(measure()))))
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(FORGET), Effect.ignore(forgetting(options)))))
    }),
  )
