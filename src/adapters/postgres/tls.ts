/**
 * TLS to PostgreSQL as libpq's `sslmode` means it: `require` encrypts, `verify-ca` also checks who signed the certificate,
 * `verify-full` also the host name in it. `allow` and `prefer` encrypt when the server can. An authority that is named (`sslrootcert`) is
 * always checked.
 *
 * Fails: `DatabaseUnusable` when a file cannot be read or no server answers at the address.
 */
import { readFileSync } from "node:fs"
import * as Net from "node:net"
import { type ConnectionOptions, checkServerIdentity, getCACertificates } from "node:tls"
import { Effect } from "effect"
import type { Connection, Host, Mode } from "./connection-url.ts"
import { isLocal } from "./connection-url.ts"
import { DatabaseUnusable } from "./suitability.ts"

/** An answer to one byte's question (ms). */
const ANSWER_MS = 5_000

/** SSLRequest: its length, and a version that there never was. */
const REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** False: plain text. `host`: the one that is asked whether it can. */
export const options = (
  connection: Connection,
  host: Host,
): Effect.Effect<false | ConnectionOptions, DatabaseUnusable> => {
  const mode = connection.mode ?? (isLocal(host) ? "disable" : "prefer")
  if (mode === "disable") return Effect.succeed(false)
  const wanted: Effect.Effect<false | ConnectionOptions, DatabaseUnusable> = Effect.try({
    try: () => encrypted(connection, mode),
    catch: unreadable,
  })
  if (mode !== "allow" && mode !== "prefer") return wanted
  return Effect.flatMap(canEncrypt(host), (can) => (can ? wanted : Effect.succeed<false>(false)))
}

const unreadable = (error: unknown) =>
  new DatabaseUnusable({
    message: `a file that DATABASE_URL names for TLS cannot be read: ${(error as Error).message}`,
  })

const encrypted = (connection: Connection, mode: Mode): ConnectionOptions => {
  const { certificate, key, keyPassword, rootCertificate } = connection
  const full = mode === "verify-full" || rootCertificate === "system"
  const verified = full || mode === "verify-ca" || (rootCertificate !== null && mode !== "no-verify")
  const names = connection.hosts.map(({ host }) => host)
  return {
    rejectUnauthorized: verified,
    // Of several hosts any may answer, so its certificate may name any of them.
    checkServerIdentity: (_, peer) =>
      full ? names.map((name) => checkServerIdentity(name, peer)).reduce((all, each) => all && each) : undefined,
    ...(rootCertificate === "system" ? { ca: getCACertificates("system") } : {}),
    ...(rootCertificate !== null && rootCertificate !== "system" ? { ca: readFileSync(rootCertificate) } : {}),
    ...(certificate === null ? {} : { cert: readFileSync(certificate) }),
    ...(key === null ? {} : { key: readFileSync(key) }),
    ...(keyPassword === null ? {} : { passphrase: keyPassword }),
  }
}

/** One that does not answer is judged when the connection is made. */
const canEncrypt = ({ host, port }: Host): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    // A Unix socket is not encrypted, whatever is asked.
    if (host.startsWith("/")) return resume(Effect.succeed(false))
    const socket = Net.connect({ host, port, timeout: ANSWER_MS })
    const settle = (can: boolean) => {
      socket.destroy()
      resume(Effect.succeed(can))
    }
    socket.once("connect", () => socket.write(REQUEST))
    socket.once("data", (answer) => settle(answer[0] === 0x53))
    for (const end of ["error", "timeout", "close"] as const) socket.once(end, () => settle(false))
    return Effect.sync(() => socket.destroy())
  })
