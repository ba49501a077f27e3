/**
 * Listening on one port. With several sockets on Linux, because libuv accepts one connection of each at every turn of the event loop:
 * a busy loop turns a hundred times a second, and a crowd of thousands would be let in within half a minute.
 *
 * Law: where several sockets listen, the system shares the connections out among them (SO_REUSEPORT), and would do so with another
 * process of the same user as well: so it is asked first whether one listens there.
 * Fails: `CannotListen`, one clear line.
 */
import { type AddressInfo, createServer, Server } from "node:net"
import { Effect } from "effect"
import { type Address, CannotListen } from "../../std/listen.ts"

/**
 * Connections that the system has made and this process has not accepted yet, for each socket: a crowd that comes in one second. Node's own
 * (511) is full at once, and a client that finds no place is not refused but tries again after 1, 3 and 7 s. The system may allow less
 * (`net.core.somaxconn`).
 */
const BACKLOG = 4_096

/** Sockets of one thread: a crowd of `MAX_CONNECTIONS` is let in within some hundred turns, and no turn accepts for longer than some milliseconds. */
export const SOCKETS = process.platform === "linux" ? 64 : 1

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "something else listens there already (choose another PORT)",
  EACCES: "this user may not (choose a PORT above 1023)",
  EADDRNOTAVAIL: "this machine does not have that address (check HOST)",
  ENOTFOUND: "that name is not known (check HOST)",
}

const cannotListen = ({ host, port }: Address, error: NodeJS.ErrnoException): CannotListen =>
  new CannotListen({ message: `Cannot listen on ${host}:${port}: ${reasons[error.code ?? ""] ?? error.message}` })

const listen = (
  server: Server,
  options: Address & { readonly reusePort?: boolean; readonly backlog?: number },
): Effect.Effect<AddressInfo, CannotListen> =>
  Effect.callback((resume) => {
    const failed = (error: Error) => resume(Effect.fail(cannotListen(options, error)))
    server.once("error", failed)
    server.listen(options, () => {
      server.off("error", failed)
      resume(Effect.succeed(server.address() as AddressInfo))
    })
  })

// Not the `close` of HTTP servers: it cuts idle connections, on which a request may be coming, and stops its own clock.
const closed = (server: Server): Effect.Effect<void> =>
  Effect.callback((resume) => void Server.prototype.close.call(server, () => resume(Effect.void)))

/** No process listens there: asked before a port is shared, because it would be shared with another process as well. */
export const vacant = (address: Address): Effect.Effect<void, CannotListen> =>
  Effect.suspend(() => {
    const server = createServer((socket) => socket.destroy())
    return Effect.andThen(listen(server, address), closed(server))
  })

export interface Listening {
  readonly bound: AddressInfo
  /** Stops accepting; ends when the last connection has closed. */
  readonly close: Effect.Effect<void>
}

/** A socket behind the first one, whose connections `server` serves as if it had accepted them. */
const another = Effect.fnUntraced(function* (server: Server, { address, port }: AddressInfo) {
  const other = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit("connection", socket))
  yield* listen(other, { host: address, port, reusePort: true, backlog: BACKLOG })
  return other
})

/** `isShared`: other threads of ours may listen there. */
export const open = Effect.fnUntraced(function* (
  server: Server,
  address: Address,
  { isShared = false, sockets = SOCKETS }: { readonly isShared?: boolean; readonly sockets?: number } = {},
) {
  const reusePort = isShared || sockets > 1
  if (!isShared && reusePort && address.port !== 0) yield* vacant(address)
  const all = [server]
  const close = Effect.suspend(() => Effect.forEach(all, closed, { concurrency: "unbounded", discard: true }))
  const bound = yield* listen(server, { ...address, reusePort, backlog: BACKLOG })
  while (all.length < sockets) all.push(yield* Effect.onError(another(server, bound), () => close))
  return { bound, close } satisfies Listening
})
