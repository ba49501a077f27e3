/**
 * An embedded Postgres under a home folder: made when new, started on a free port, stopped when the scope closes; its data
 * stay. Commits are flushed to disk (fsync is on).
 *
 * After a crash of everything the next start recovers by itself: a postmaster that was left over is stopped first, and one
 * that is still dying is waited for.
 *
 * Limits: one process per home; 20 s to become ready.
 * Fails: EmbeddedUnusable, one line.
 */
import { realpathSync } from "node:fs"
import { Effect, type Scope } from "effect"
import type { Account, Binaries } from "./binaries.ts"
import * as BinariesOf from "./binaries.ts"
import * as DataFolder from "./data-folder.ts"
import * as HomeLock from "./home-lock.ts"
import * as Postmaster from "./postmaster.ts"
import { EmbeddedUnusable } from "./unusable.ts"

export interface Embedded {
  readonly url: string
  readonly port: number
  /** Process id of the postmaster. */
  readonly pid: number
}

/** What can be in the way after a crash (backends that have not noticed yet, a port taken meanwhile) is gone by then. */
const READY_WITHIN_MS = 20_000

const RETRY_MS = 200

/** Starts the database of this home. Law: while the scope is open, no other process has it. */
export const start = (home: string): Effect.Effect<Embedded, EmbeddedUnusable, Scope.Scope> =>
  Effect.gen(function* () {
    const real = yield* attempt(async () => DataFolder.makeHome(home))
    yield* HomeLock.acquire(real)
    return yield* startLocked(real)
  })

/** The database of this home, running or not: a running one is joined and left running. Fails when there is none. */
export const open = (home: string): Effect.Effect<Embedded, EmbeddedUnusable, Scope.Scope> =>
  Effect.gen(function* () {
    if (!DataFolder.exists(home))
      return yield* new EmbeddedUnusable({
        message: `there is no database under ${home}: set JAEGO_HOME or --database`,
      })
    const real = realpathSync(home)
    const lock = yield* HomeLock.tryAcquire(real)
    return lock === null ? yield* join(real) : yield* startLocked(real)
  })

const join = (home: string): Effect.Effect<Embedded, EmbeddedUnusable> =>
  attempt(async () => {
    for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; await Postmaster.pause(RETRY_MS)) {
      const running = Postmaster.read(home)
      if (running?.status !== "ready" || !Postmaster.isAlive(home, running.pid)) continue
      return { url: DataFolder.urlOf(home, running.port), port: running.port, pid: running.pid }
    }
    throw new EmbeddedUnusable({ message: `another jaego has ${home}, but its database is not running` })
  })

const startLocked = (home: string): Effect.Effect<Embedded, EmbeddedUnusable, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      attempt(() => launch(home)),
      ({ stop }) => Effect.promise(stop),
    ),
    ({ embedded }) => embedded,
  )

const launch = async (home: string) => {
  const binaries = await BinariesOf.find()
  const account = BinariesOf.account()
  const reachesProgram = BinariesOf.onTheWayTo(binaries.postgres, account, "the Postgres program")
  const as = BinariesOf.onTheWayTo(DataFolder.dataOf(home), reachesProgram, "JAEGO_HOME")
  await DataFolder.initialise(home, binaries, as)
  await clearLeftOver(home, binaries)
  const { child, port } = await startPatiently(home, binaries, as)
  const pid = child.pid!
  const watchdog = Postmaster.watch(pid)
  child.once("exit", watchdog.dismiss)
  const stop = async () => {
    await Postmaster.stop(home, pid, binaries)
    watchdog.dismiss()
  }
  return { embedded: { url: DataFolder.urlOf(home, port), port, pid }, stop }
}

/** We hold the lock, so a postmaster that runs here has lost its owner. It is stopped: its settings may be old. */
const clearLeftOver = async (home: string, binaries: Binaries): Promise<void> => {
  const left = Postmaster.read(home)
  if (left === null) return
  if (Postmaster.isAlive(home, left.pid)) await Postmaster.stop(home, left.pid, binaries)
  // Also when its process id now belongs to some other program, for which Postgres would refuse to start.
  Postmaster.forget(home)
}

const startPatiently = async (home: string, binaries: Binaries, as: Account) => {
  for (const end = Date.now() + READY_WITHIN_MS; ; await Postmaster.pause(RETRY_MS)) {
    const started = await Postmaster.start(home, binaries, as)
    if ("child" in started) return started
    if (Date.now() >= end || started.failed.includes("incompatible"))
      throw new EmbeddedUnusable({ message: `the embedded Postgres under ${home} does not start: ${started.failed}` })
  }
}

const attempt = <A>(body: () => Promise<A>): Effect.Effect<A, EmbeddedUnusable> =>
  Effect.tryPromise({
    try: body,
    catch: (error) =>
      error instanceof EmbeddedUnusable
        ? error
        : new EmbeddedUnusable({ message: error instanceof Error ? error.message : String(error) }),
  })
