/**
 * An embedded Postgres under a home folder: made when new, started on a free port, stopped when the scope closes; its data
 * stay. Commits are flushed to disk (fsync is on).
 *
 * After a crash of everything the next start recovers by itself: a postmaster that was left over is stopped first, and one
 * that is still dying is waited for. One that dies under a running service is started again (`keeper.ts`).
 *
 * Law: one process per home, in all containers that share it; no second PostgreSQL is started on a folder before every
 * process of the first is known to be dead (docs/decisions/0026-locks-lie-beside-the-data.md).
 * Limits: 20 s to become ready.
 * Fails: EmbeddedUnusable, one line.
 */
import { closeSync, rmSync } from "node:fs"
import { Effect, type Scope } from "effect"
import * as Account from "./account.ts"
import * as Binaries from "./binaries.ts"
import * as DataFolder from "./data-folder.ts"
import * as FileLock from "./file-lock.ts"
import * as Home from "./home.ts"
import * as HomeLock from "./home-lock.ts"
import { Keeper } from "./keeper.ts"
import * as Postmaster from "./postmaster.ts"
import * as ServiceRole from "./service-role.ts"
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
    const real = yield* attempt(async () => Home.make(home))
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
    const real = yield* attempt(async () => Home.open(home))
    return (yield* HomeLock.tryAcquire(real)) ? yield* startLocked(real) : yield* join(real)
  })

const join = (home: string): Effect.Effect<Embedded, EmbeddedUnusable> =>
  attempt(async () => {
    for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; await Postmaster.pause(RETRY_MS)) {
      const running = Postmaster.read(home)
      if (running?.status !== "ready" || !Postmaster.isAlive(home, running.pid)) continue
      return { url: ServiceRole.urlOf(home, running.port), port: running.port, pid: running.pid }
    }
    throw new EmbeddedUnusable({ message: `another jaego has ${home}, and its database cannot be reached from here` })
  })

const startLocked = (home: string): Effect.Effect<Embedded, EmbeddedUnusable, Scope.Scope> =>
  Effect.gen(function* () {
    const binaries = yield* attempt(Binaries.find)
    const lock = yield* Effect.acquireRelease(
      attempt(() => takeData(home, binaries)),
      (file) => Effect.sync(() => closeSync(file)),
    )
    yield* attempt(() => clearLeftOver(home))
    const keeper = yield* attempt(() => prepare(home, binaries, lock))
    yield* Effect.acquireRelease(
      attempt(() => keeper.start()),
      () => Effect.promise(() => keeper.stop()),
    )
    yield* Effect.forkScoped(keeper.keepRunning)
    return { url: ServiceRole.urlOf(home, keeper.port), port: keeper.port, pid: keeper.pid }
  })

const prepare = async (home: string, found: Binaries.Binaries, lock: number): Promise<Keeper> => {
  const as = Account.find()
  const binaries = Binaries.withinReach(found, as)
  const place = { home, as, lock }
  await DataFolder.initialise(binaries, place)
  await ServiceRole.ensure(binaries, place)
  rmSync(DataFolder.logOf(home), { force: true })
  return new Keeper({ binaries, place })
}

/**
 * The lock of the data folder, once every process of a PostgreSQL that was left over is gone; then its `postmaster.pid` is
 * of no more use. We hold the home, so one that runs here has lost its owner: it is stopped, its settings may be old. One
 * in another container is waited for, as it is stopped with its owner.
 */
const takeData = async (home: string, binaries: Binaries.Binaries): Promise<number> => {
  const lock = DataFolder.postgresLockOf(home)
  for (const end = Date.now() + READY_WITHIN_MS; ; await Postmaster.pause(RETRY_MS)) {
    const taken = FileLock.tryTake(lock)
    if (taken !== null) return taken
    if (Date.now() >= end) break
    const left = Postmaster.read(home)
    if (left !== null && Postmaster.isAlive(home, left.pid)) await Postmaster.stop(home, left.pid, binaries)
  }
  throw new EmbeddedUnusable({
    message: `a Postgres of another container still runs on ${home}: stop that container, or set JAEGO_HOME`,
  })
}

/** Earlier versions' PostgreSQL held no lock: of what one of them has left nothing can be known. */
const clearLeftOver = async (home: string): Promise<void> => {
  for (const end = Date.now() + READY_WITHIN_MS; ; await Postmaster.pause(RETRY_MS)) {
    const left = Postmaster.read(home)
    if (left === null || Postmaster.heldLock(home)) return Postmaster.forget(home)
    if (Date.now() >= end || !Postmaster.isAlive(home, left.pid)) break
  }
  throw new EmbeddedUnusable({
    message: `an earlier version of Jaego left ${home}/data/postmaster.pid, and may still run on it, perhaps in another container: stop it; if there is none, remove that file`,
  })
}

const attempt = <A>(body: () => Promise<A>): Effect.Effect<A, EmbeddedUnusable> =>
  Effect.tryPromise({
    try: body,
    catch: (error) =>
      error instanceof EmbeddedUnusable
        ? error
        : new EmbeddedUnusable({ message: error instanceof Error ? error.message : String(error) }),
  })
