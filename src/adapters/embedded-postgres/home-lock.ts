/**
 * One process per home folder. The lock is a listening socket named after the folder: the operating system ends it with its
 * holder, however that died, so there is nothing stale to clean up after kill -9.
 *
 * Linux has names outside the file system, Windows has pipes; elsewhere the socket is a file, and one that nobody answers
 * on is left over and replaced.
 */
import { createHash } from "node:crypto"
import { realpathSync, rmSync } from "node:fs"
import { connect, createServer, type Server } from "node:net"
import { platform, tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { EmbeddedUnusable } from "./unusable.ts"

const addressOf = (home: string): string => {
  const name = `jaego-${createHash("sha256").update(realpathSync(home)).digest("hex").slice(0, 32)}`
  if (platform() === "linux") return `\0${name}`
  return platform() === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`)
}

/** Null: somebody else has it. */
const listen = (address: string): Promise<Server | null> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(null) : reject(error),
    )
    server.listen(address, () => resolve(server.unref()))
  })

const answers = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(address)
    socket.once("connect", () => resolve(true))
    socket.once("error", () => resolve(false))
    socket.once("close", () => socket.destroy())
  })

const take = async (home: string): Promise<Server | null> => {
  const address = addressOf(home)
  const server = await listen(address)
  if (server !== null || platform() === "linux" || platform() === "win32" || (await answers(address))) return server
  rmSync(address, { force: true })
  return listen(address)
}

const release = (server: Server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))

/** Held until the scope closes. Null: another process has it. */
export const tryAcquire = (home: string): Effect.Effect<Server | null, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => take(home)),
    (server) => (server === null ? Effect.void : release(server)),
  )

export const acquire = (home: string): Effect.Effect<void, EmbeddedUnusable, Scope.Scope> =>
  Effect.flatMap(tryAcquire(home), (server) =>
    server === null
      ? Effect.fail(
          new EmbeddedUnusable({ message: `another jaego is already running on ${home}: stop it, or set JAEGO_HOME` }),
        )
      : Effect.void,
  )
