/**
 * Failover among several hosts of one connection string: connections go to the one that takes writes, and it is looked for
 * again whenever a connection breaks or cannot be made.
 *
 * Limits: a host that does not answer within the connect timeout is none; looks follow one another after 200 ms.
 */
import * as Net from "node:net"
import { type PgClient, PgConnection } from "@effect/sql-pg"
import { Effect, type Scope } from "effect"
import { Notify } from "../../std/notify.ts"
import type { Host } from "./connection-url.ts"

/** Pause between two searches for the primary. */
const SEARCH_PAUSE = "200 millis"

/** Opens a connection to the host that is the primary now. */
export type Dial = () => Net.Socket

/** `config`: all but the host. `keepAliveMs`: idle time before TCP asks (ms). */
export const dial = (
  hosts: readonly [Host, ...ReadonlyArray<Host>],
  config: PgClient.PgClientConfig,
  keepAliveMs: number,
): Effect.Effect<Dial, never, Scope.Scope> =>
  Effect.gen(function* () {
    const broken = new Notify()
    let current = hosts[0]
    const look = Effect.map(
      Effect.option(Effect.raceAll(hosts.map((host) => Effect.as(takesWrites(host, config), host)))),
      (found) => {
        if (found._tag === "Some") current = found.value
      },
    )
    yield* look
    yield* Effect.forkScoped(
      Effect.forever(Effect.andThen(broken.wait, Effect.andThen(look, Effect.sleep(SEARCH_PAUSE)))),
    )
    return () => {
      const { host, port } = current
      const socket = Net.connect(
        host.startsWith("/")
          ? { path: `${host}/.s.PGSQL.${port}` }
          : { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs },
      )
      return socket.once("close", () => broken.notify())
    }
  })

/** Fails when it does not. */
const takesWrites = ({ host, port }: Host, config: PgClient.PgClientConfig) =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* PgConnection.make({ ...config, host, port })
      const { rows } = yield* session.query("select pg_is_in_recovery() as follows")
      if (rows[0]!["follows"] !== false) return yield* Effect.fail("it follows another")
    }),
  )
