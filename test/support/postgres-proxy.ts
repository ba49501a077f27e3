/**
 * A TCP proxy between the service and Postgres that knows the instants of a commit, and does there what a test asks for.
 *
 *     service                 proxy                     Postgres
 *        | ---- request ----->  | asked                    |    every byte of it is here, none has gone on
 *        |                      | ------ request ------->  | sent
 *        |                      | done <---- answer -----  |    all of the answer is here, none has gone on
 *        | <--- answer -------  | answered                 |
 *
 *     const proxy = await PostgresProxy.start(databaseUrl)     // proxy.url: for the service; keeps its port
 *     const held = await proxy.hold("done")                    // the next commit that gets there waits
 *     held.release("pass" | "cut" | "hole")
 *     proxy.once("answered", (exchange) => { kill(); return "cut" })   // done right in the instant
 *     proxy.on((instant, exchange) => null)                    // all of them; null: not mine
 *     proxy.sessions, session.pid, .application, .cut(), .hole(); proxy.door, .cutAll(), .answers, .close()
 *
 * Law: bytes keep their order, and the end of a stream is one of them: what is held for a side that dies meanwhile is
 * still sent when it is released with `pass`, as a packet that was long on its way.
 */
import { createServer, type Server, type Socket, connect as tcp } from "node:net"
import { COMMIT_PARAMETERS } from "../../src/adapters/postgres/commit-function.ts"
import { type Exchange, type Hook, type Instant, type Ruling, Session, type Verdict } from "./postgres-session.ts"

export type { Exchange, Hook, Instant, Verdict } from "./postgres-session.ts"

export interface Held {
  readonly exchange: Exchange
  readonly release: (verdict: Verdict) => void
}

/** How many rows a batch has of a table, by one of its columns: an array as literal (of numbers) or binary. */
export const rowsOf = ({ parameters }: Exchange, column: (typeof COMMIT_PARAMETERS)[number][0]): number => {
  const array = parameters[COMMIT_PARAMETERS.findIndex(([name]) => name === column)]
  if (array === undefined || array === null) return 0
  const literal = array.toString("latin1")
  if (literal.startsWith("{")) return literal === "{}" ? 0 : literal.split(",").length
  // Dimensions, whether it has nulls, type, and then the length of the first dimension.
  return array.readInt32BE(0) === 0 ? 0 : array.readInt32BE(12)
}

const COMMIT = /\bjaego_commit_[0-9a-f]{8}\(/

export class CommitProxy {
  /** Of the database, through the proxy. */
  readonly url: string
  readonly sessions = new Set<Session>()
  /** For those who come anew: let in, turned away, or let in to wait for ever. */
  door: "open" | "shut" | "hole" = "open"
  /** Where Postgres is; may be changed when it has moved. */
  target: URL
  /** How many commits were answered how: `ok`, or an SQLSTATE (`JG001`: fenced). */
  readonly answers: Record<string, number> = {}
  readonly #server: Server
  readonly #watch: RegExp
  readonly #hooks = new Set<Hook>()
  readonly #waiting = new Set<Socket>()

  constructor(server: Server, url: string, target: URL, watch: RegExp) {
    this.#watch = watch
    this.#server = server.on("connection", (service) => this.#connected(service))
    this.url = url
    this.target = target
  }

  /** Asked at every instant of every commit, in the order they came; the first that does not say null decides. */
  on(hook: Hook): () => void {
    this.#hooks.add(hook)
    return () => this.#hooks.delete(hook)
  }

  /** Called right in the instant, the first time that it fits. */
  once(instant: Instant, act: (exchange: Exchange) => Ruling, fits: (exchange: Exchange) => boolean = () => true) {
    const remove = this.on((now, exchange) => {
      if (now !== instant || !fits(exchange)) return null
      remove()
      return act(exchange)
    })
    return remove
  }

  /** The next that gets there and fits waits to be released, and everything behind it in its direction. */
  hold(instant: Instant, fits?: (exchange: Exchange) => boolean): Promise<Held> {
    const { promise, resolve } = Promise.withResolvers<Held>()
    this.once(
      instant,
      (exchange) => {
        const ruling = Promise.withResolvers<Verdict>()
        resolve({ exchange, release: ruling.resolve })
        return ruling.promise
      },
      fits,
    )
    return promise
  }

  cutAll(): void {
    for (const session of this.sessions) session.cut()
  }

  /** Cuts what is open, holes too. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.cutAll()
    for (const each of this.#waiting) each.destroy()
    await closed
  }

  readonly #rule: Hook = (instant, exchange) => {
    if (instant === "done") {
      const kind = exchange.answer!.state ?? "ok"
      this.answers[kind] = (this.answers[kind] ?? 0) + 1
    }
    for (const hook of this.#hooks) {
      const ruling = hook(instant, exchange)
      if (ruling !== null) return ruling
    }
    return null
  }

  #connected(service: Socket): void {
    service.setNoDelay(true).on("error", () => undefined)
    if (this.door === "shut") return void service.resetAndDestroy()
    if (this.door === "hole") {
      this.#waiting.add(service)
      return
    }
    const port = Number(this.target.port || 5432)
    const server = tcp({ host: this.target.hostname, port, noDelay: true, allowHalfOpen: true })
    const left = (session: Session) => this.sessions.delete(session)
    this.sessions.add(new Session(service, server, this.#watch, this.#rule, left))
  }
}

/** Listens on any free port of this machine. `watch`: the statements whose instants are announced. */
export const start = async (databaseUrl: string, watch = COMMIT): Promise<CommitProxy> => {
  const server = createServer({ allowHalfOpen: true })
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve)
  })
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the proxy has no port")
  const url = new URL(databaseUrl)
  url.hostname = "127.0.0.1"
  url.port = String(address.port)
  return new CommitProxy(server, url.href, new URL(databaseUrl), watch)
}
