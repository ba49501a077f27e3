/** One process per home folder, in all containers that share it: a lock on a file in it. */
import { closeSync } from "node:fs"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import * as FileLock from "./file-lock.ts"
import { EmbeddedUnusable } from "./unusable.ts"

const lockOf = (home: string): string => join(home, "lock")

/** Held until the scope closes. False: another process has it. */
export const tryAcquire = (home: string): Effect.Effect<boolean, EmbeddedUnusable, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({ try: () => FileLock.tryTake(lockOf(home)), catch: (error) => error as EmbeddedUnusable }),
    (file) => Effect.sync(() => (file === null ? undefined : closeSync(file))),
  ).pipe(Effect.map((file) => file !== null))

export const acquire = (home: string): Effect.Effect<void, EmbeddedUnusable, Scope.Scope> =>
  Effect.flatMap(tryAcquire(home), (taken) =>
    taken
      ? Effect.void
      : Effect.fail(
          new EmbeddedUnusable({
            message: `another jaego is already running on ${home} (${FileLock.holderOf(lockOf(home))}): stop it, or set JAEGO_HOME`,
          }),
        ),
  )
