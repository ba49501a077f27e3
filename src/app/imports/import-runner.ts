/**
 * Runs imports, one after another, in the process that has claimed them: windows of rows through the inventory's ordinary commands, many
 * at a time, and what became of a window's rows is recorded, and the next window read, while one is worked.
 *
 * Law: a row is applied once, whenever the process is killed: what is not recorded is worked again under the same keys.
 * Limits: `DOUBTFUL_PARTS` parts and those that come next are in memory. Only while this process decides: it stops in the middle of a
 * window when that ends.
 * Fails: what is away is waited for; an import that meets a defect of ours ends as failed, and what was applied of it stays.
 */
import { Cause, Clock, Effect, Layer, Schedule, SubscriptionRef } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import type { Unavailable } from "../../ports/failures.ts"
import { Ids } from "../../ports/ids.ts"
import {
  type AppliedCount,
  type Claimed,
  type Import,
  Imports,
  type Part,
  type PartDone,
  type ReceivedRow,
  type RowOutcome,
} from "../../ports/imports.ts"
import { Probe } from "../../ports/probe.ts"
import * as Health from "../health.ts"
import { Arrived } from "./import-arrived.ts"
import * as DryRun from "./import-dry-run.ts"
import * as Pace from "./import-pace.ts"
import * as RowWork from "./import-row-work.ts"

/** Some four thousand rows: several commits, and a few megabytes. */
const WINDOW_PARTS = 8

/** A runner that follows another knows that no more was under way: one window, and one that was being recorded. */
const DOUBTFUL_PARTS = 2 * WINDOW_PARTS

/** Beside other requests a part takes seconds: what was applied is recorded, and shown, after each. */
const BUSY_WINDOW_PARTS = 1

/** SKUs under way: two full commits and more for each of several workers. */
const IN_FLIGHT = 2_048

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

interface Group {
  readonly known: RowWork.Known
  readonly rows: Array<ReceivedRow>
}

interface Window {
  readonly groups: ReadonlyArray<Group>
  readonly bySku: ReadonlyMap<string, Group>
}

const skuOf = (row: ReceivedRow): string | null => ("row" in row ? row.row.sku : null)

/** Rows of one SKU together, in their order; those that are none, each alone. */
const windowOf = (parts: ReadonlyArray<Part>): Window => {
  const bySku = new Map<string, Group>()
  const groups: Array<Group> = []
  for (const { rows } of parts)
    for (const row of rows) {
      const sku = skuOf(row)
      const known = sku === null ? undefined : bySku.get(sku)
      if (known !== undefined) {
        known.rows.push(row)
        continue
      }
      const group: Group = { known: { product: null, books: new Map(), counts: [] }, rows: [row] }
      groups.push(group)
      if (sku !== null) bySku.set(sku, group)
    }
  return { groups, bySku }
}

/** What is known of the groups: two questions for all of them. */
const lookUp = Effect.fnUntraced(function* ({ bySku, groups }: Window) {
  const imports = yield* Imports
  for (const product of yield* imports.products([...bySku.keys()])) bySku.get(product.sku)!.known.product = product
  const asked: Array<{ readonly known: RowWork.Known; readonly productId: ProductId; readonly version: number }> = []
  for (const { known, rows } of groups)
    for (const row of rows)
      if (known.product !== null && "row" in row && row.row.change._tag === "Count")
        asked.push({ known, productId: known.product.productId, version: row.row.change.version })
  if (asked.length === 0) return
  const books = yield* imports.books(asked)
  for (const [index, { known, version }] of asked.entries()) known.books.set(version, books[index]!)
})

type Working = (row: ReceivedRow, known: RowWork.Known) => Effect.Effect<RowOutcome, Unavailable>

const OUR_FAULT = "something went wrong on our side; the log says what"

const tellDefect = (row: ReceivedRow, defect: unknown) =>
  Effect.as(
    Effect.logError(`line ${row.line} of an import met a defect`, defect),
    RowWork.failed(row.line, skuOf(row), OUR_FAULT),
  )

/** What became of each part's rows. */
const work = Effect.fnUntraced(function* (
  parts: ReadonlyArray<Part>,
  groups: ReadonlyArray<Group>,
  working: Working,
  pace: Pace.Pace,
) {
  const outcomes = new Map<number, RowOutcome>()
  const one = Effect.fnUntraced(function* ({ known, rows }: Group) {
    for (const row of rows) {
      const outcome = yield* Effect.catchDefect(working(row, known), (defect) => tellDefect(row, defect))
      outcomes.set(row.line, outcome)
    }
  })
  yield* pace.through(groups, (some) => Effect.forEach(some, one, { concurrency: IN_FLIGHT, discard: true }))
  return parts.map(({ part, rows }): PartDone => ({ part, outcomes: rows.map(({ line }) => outcomes.get(line)!) }))
})

const counted = (done: ReadonlyArray<PartDone>) => {
  const rows = { applied: 0, failed: 0, skipped: 0 }
  for (const { outcomes } of done) for (const { status } of outcomes) if (status !== "pending") rows[status]++
  return rows
}

const isReady = Effect.gen(function* () {
  return (yield* SubscriptionRef.get(yield* Health.Readiness)) === "ready"
})

const INTERRUPTED = "the dry run was interrupted; send it again under another key"

/** Null: it is done; a text: it failed as a whole; undefined: it is no longer ours, or not to be worked now. */
const windows = Effect.fnUntraced(function* (runner: string, { import: one, wasRunning }: Claimed) {
  const imports = yield* Imports
  const probe = yield* Probe
  const pace = yield* Pace.make
  if (one.dryRun && wasRunning) return INTERRUPTED
  const apply = yield* RowWork.make
  const dryRun = yield* DryRun.make
  /** Parts that the runner before may have had under way. */
  let doubtful = wasRunning ? DOUBTFUL_PARTS : 0
  const read = (after: number) => imports.parts(one.id, after, WINDOW_PARTS)
  const recording = Effect.fnUntraced(function* (done: ReadonlyArray<PartDone>, counts: ReadonlyArray<AppliedCount>) {
    const leasedUntil = (yield* Clock.currentTimeMillis) + LEASE_MS
    const isOurs = yield* Effect.retry(imports.record(runner, one.id, done, counts, leasedUntil), RECORD_RETRY)
    if (isOurs) probe.emit({ _tag: "ImportRowsDone", ...counted(done), dryRun: one.dryRun })
    return isOurs
  })
  /** What became of the window before: without counts, which the next ones are compared with, it is recorded beside the next. */
  let unrecorded: ReadonlyArray<PartDone> = []
  const recorded = Effect.suspend(() => (unrecorded.length === 0 ? Effect.succeed(true) : recording(unrecorded, [])))
  let all = yield* read(-1)
  for (;;) {
    if (all.length === 0) return (yield* recorded) ? null : undefined
    if (!(yield* isReady)) return undefined
    const isBusy = yield* pace.isBusy
    const parts = isBusy ? all.slice(0, BUSY_WINDOW_PARTS) : all
    const window = windowOf(parts)
    yield* lookUp(window)
    const { groups } = window
    const applying = { import: one, mayBeDone: doubtful > 0 }
    const working: Working = one.dryRun ? dryRun : (row, known) => apply(row, known, applying)
    const last = parts.at(-1)!.part
    const beside = Effect.all([work(parts, groups, working, pace), recorded, read(last)], { concurrency: "unbounded" })
    const [done, isOurs, next] = yield* beside
    if (!isOurs) return undefined
    doubtful -= parts.length
    all = next
    const counts = one.dryRun ? [] : groups.flatMap(({ known }) => known.counts)
    unrecorded = counts.length === 0 && !isBusy ? done : []
    if (unrecorded.length === 0 && !(yield* recording(done, counts))) return undefined
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
    ? Effect.as(Effect.logError(`import ${one.id} met a defect`, cause), OUR_FAULT)
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
