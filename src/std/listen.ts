/**
 * Listening on a TCP port: the failure of every server, and the HTTP servers of what is simulated (carrier, payment provider).
 *
 * Fails: `CannotListen`, one clear line.
 */
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect, Schema, type Scope } from "effect"

/** Where to listen. */
export interface Address {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
}

export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", { message: Schema.String }) {}

const listening = (server: Server, port: number): Effect.Effect<string, CannotListen> =>
  Effect.callback((resume) => {
    server.once("error", (error) => resume(Effect.fail(new CannotListen({ message: error.message }))))
    server.listen({ host: "127.0.0.1", port }, () =>
      resume(Effect.succeed(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
    )
  })

/** Listens on the loopback until the scope closes; 0: on any free port. The URL. */
export const onLoopback = (server: Server, port: number): Effect.Effect<string, CannotListen, Scope.Scope> =>
  Effect.acquireRelease(listening(server, port), () =>
    Effect.sync(() => {
      server.closeAllConnections()
      server.close()
    }),
  )
