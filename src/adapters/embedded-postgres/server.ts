/**
 * An embedded Postgres under a home folder: made when new, started on a free port, stopped when the scope closes; its data
 * stay. Commits are flushed to disk (fsync is on).
 *
 * After a crash of everything the next start recovers by itself: a postmaster that was left over is stopped first, and one
 * that is still dying is waited for. One that dies under a running service is started again (`keeper.ts`).
 *
 * Limits: one process per home; 20 s to become ready.
 * Fails: EmbeddedUnusable, one line.
 */
import { realpathSync, rmSync } from "node:fs"
import { Effect, type Scope } from "effect"
import type { Binaries } from "./binaries.ts"
import * as BinariesOf from "./binaries.ts"
import * as DataFolder from "./data-folder.ts"
import * as HomeLock from "./home-lock.ts"
import { Keeper } from "./keeper.ts"
import * as Postmaster from "./postmaster.ts"
import { EmbeddedUnusable } from "./unusable.ts"

export interface Embedded {
  readonly url: string
  readonly port: number
  /** Process id of the postmaster; it changes when a dead one is replaced. */
  readonly pid: number
}

/** A database that another process is just starting or starting again is up by then. */
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
  Effect.gen(function* () {
    const keeper = yield* attempt(() => prepare(home))
    yield* Effect.acquireRelease(
      attempt(() => keeper.start()),
      () => Effect.promise(() => keeper.stop()),
    )
    yield* Effect.forkScoped(keeper.keepRunning)
    return { url: DataFolder.urlOf(home, keeper.port), port: keeper.port, pid: keeper.pid }
  })

const prepare = async (home: string): Promise<Keeper> => {
  const binaries = await BinariesOf.find()
  const account = BinariesOf.account()
  const reachesProgram = BinariesOf.onTheWayTo(binaries.postgres, account, "the Postgres program")
  const as = BinariesOf.onTheWayTo(DataFolder.dataOf(home), reachesProgram, "JAEGO_HOME")
  await DataFolder.initialise(home, binaries, as)
  await clearLeftOver(home, binaries)
  rmSync(DataFolder.logOf(home), { force: true })
  return new Keeper(home, binaries, as)
}

/** We hold the lock, so a postmaster that runs here has lost its owner. It is stopped: its settings may be old. */
const clearLeftOver = async (home: string, binaries: Binaries): Promise<void> => {
  const left = Postmaster.read(home)
  if (left === null) return
  if (Postmaster.isAlive(home, left.pid)) await Postmaster.stop(home, left.pid, binaries)
  // Also when its process id now belongs to some other program, for which Postgres would refuse to start.
  Postmaster.forget(home)
}

const attempt = <A>(body: () => Promise<A>): Effect.Effect<A, EmbeddedUnusable> =>
  Effect.tryPromise({
    try: body,
    catch: (error) =>
      error instanceof EmbeddedUnusable
        ? error
        : new EmbeddedUnusable({ message: error instanceof Error ? error.message : String(error) }),
  })
