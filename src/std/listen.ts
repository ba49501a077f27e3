/**
 * Listening on a TCP port: the failure of every server, and the server sockets of what is simulated (carrier, payment provider).
 *
 * Fails: `CannotListen`, one clear line.
 */
import type { AddressInfo, Server } from "node:net"
import { Effect, Schema } from "effect"

export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", { message: Schema.String }) {}

/** Listens on the loopback; 0: any free port. The port. */
export const onLoopback = (server: Server, port: number): Effect.Effect<number, CannotListen> =>
  Effect.callback((resume) => {
    server.once("error", (error) => resume(Effect.fail(new CannotListen({ message: error.message }))))
    server.listen({ host: "127.0.0.1", port }, () => resume(Effect.succeed((server.address() as AddressInfo).port)))
  })
