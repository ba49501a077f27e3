/**
 * The connections of an HTTP server: admission control for all of them, and on each of them one request at a time.
 *
 * Why it exists: node begins every pipelined request at once, keeps what a peer does not read, and writes the error of broken
 * bytes in place of an answer that is still to come.
 * Law: the requests of a connection are begun in turn; those behind the one that is open wait, and the socket is not read
 * meanwhile. An error of the peer is the answer to the request that it breaks. Behind a request that is whole, that one is
 * answered and the connection closes without a word on the rest. While draining, each request is answered with
 * `connection: close`. After its last answer a connection lingers: it is closed for writing, and read until the peer closes.
 * Limits: below, and in `unread.ts`; beyond each of them a connection is closed.
 */
import { type IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import * as Problems from "./problems.ts"
import { UnreadAnswers } from "./unread.ts"

/** Requests that wait behind the open one of their connection: four times as deep as load generators pipeline. */
const LINE_MAX = 64

/** Requests that wait on all connections, some 3 KiB each. */
export const LINES_MAX = 8_192

/** Connections beyond the maximum that are still answered so before they are closed; the ones beyond these are not. */
export const SPARE = 256

/**
 * How long a connection lingers after its last answer (milliseconds): some round trips, and as long as Effect's own server lets
 * it. Bytes that arrive at a closed socket are answered with a reset, on which the peer forgets an answer that it has not read
 * yet (RFC 9112, 9.6).
 */
export const LINGER_MS = 500

/** How long a connection without an open answer may still send a request once the server drains (milliseconds). */
export const QUIET_MS = 500

export type Cut = "pipelined" | "excess" | "unread-time" | "unread-bytes"

/** Begins to answer. `refused`: what to answer whatever is asked. `ended`: to be called once, when the response closes. */
export type Begin = (
  request: IncomingMessage,
  response: ServerResponse,
  refused: Problems.Problem | null,
  ended: () => void,
) => void

export interface Options {
  readonly connectionsMax: number
  /** Requests that wait on all of its connections. */
  readonly linesMax: number
  /** Bytes of answers that are not read. */
  readonly unreadMax: number
  readonly begin: Begin
  /** Answers `problem` to what is not even a request. */
  readonly farewell: (socket: Socket, problem: Problems.Problem) => void
  /** Ends a request that was begun with a problem instead of its answer. */
  readonly send: (response: ServerResponse, problem: Problems.Problem) => void
  readonly cut: (why: Cut) => void
}

interface Waiting {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

class Connection {
  readonly #all: Connections
  readonly #socket: Socket
  readonly #isExcess: boolean
  /** The open request. */
  #request: IncomingMessage | null = null
  #response: ServerResponse | null = null
  readonly #line: Array<Waiting> = []
  /** The peer's error: nothing more is read. */
  #fault: Problems.Problem | null = null
  /** Answered before its body was there. */
  #unfinished: IncomingMessage | null = null
  /** The open answer has no end: what comes behind it is never answered. */
  #isLast = false
  /** The open request may take as long as it takes to come. */
  #isLong = false
  /** Until it is closed although the peer has not closed it. */
  #lingering: NodeJS.Timeout | null = null

  constructor(all: Connections, socket: Socket, isExcess: boolean) {
    this.#all = all
    this.#socket = socket
    this.#isExcess = isExcess
    // Node's own closes at once. It calls this behind an answer that is the last.
    socket.destroySoon = this.#linger
    // Node itself resumes a socket whenever it has written or parsed something.
    socket.on("resume", () => {
      if (this.#isHeld()) socket.pause()
    })
  }

  receive(request: IncomingMessage, response: ServerResponse): void {
    // The rest of a piece is parsed although its connection was closed.
    if (this.#socket.destroyed || this.#lingering !== null) return
    if (this.#response === null) return this.#begin(request, response)
    if (this.#isLast || this.#line.length >= LINE_MAX || this.#all.waiting >= this.#all.options.linesMax)
      return this.cut("pipelined")
    this.#line.push({ request, response })
    this.#all.waiting++
    this.#socket.pause()
  }

  /** What came was not HTTP, or not in time. */
  fail(problem: Problems.Problem): void {
    if (this.#fault !== null || this.#lingering !== null) return
    if (!this.#socket.writable) {
      this.#socket.destroy()
      return
    }
    this.#fault = problem
    if (this.#response === null) {
      this.#all.options.farewell(this.#socket, problem)
      return this.#linger()
    }
    this.#socket.pause()
    if (this.#line.length > 0 || this.#response.headersSent) return
    this.#response.shouldKeepAlive = false
    if (!this.#request!.complete) this.#all.options.send(this.#response, problem)
  }

  /** The open answer is the last one here, and has no end. */
  last(): void {
    this.#isLast = true
    if (this.#line.length > 0) this.cut("pipelined")
  }

  /** The open request is read as a stream, by one that sees to its time itself. */
  long(): void {
    this.#isLong = true
  }

  get isLong(): boolean {
    return this.#isLong
  }

  drain(): void {
    if (this.#response !== null && this.#line.length === 0) this.#response.shouldKeepAlive = false
  }

  /** It had its time: what is neither asked completely nor read completely is given up. */
  endQuiet(): void {
    if (this.#response === null || this.#response.writableEnded) this.#socket.destroy()
    else if (!this.#request!.complete) this.fail(Problems.notReady("draining"))
  }

  cut(why: Cut): void {
    this.#socket.destroy()
    this.#all.options.cut(why)
  }

  closed(): void {
    if (this.#lingering !== null) clearTimeout(this.#lingering)
    // The rest of its body never comes, and what reads it need not wait.
    this.#unfinished?.destroy()
    this.#all.waiting -= this.#line.length
    this.#line.length = 0
  }

  /** Whatever still comes is read and forgotten (lingering close). */
  readonly #linger = (): void => {
    if (this.#socket.destroyed || this.#lingering !== null) return
    this.#lingering = setTimeout(() => this.#socket.destroy(), LINGER_MS)
    this.#socket.end()
    this.#socket.resume()
  }

  #isHeld(): boolean {
    return this.#socket.writable && (this.#line.length > 0 || this.#fault !== null)
  }

  #begin(request: IncomingMessage, response: ServerResponse): void {
    this.#request = request
    this.#response = response
    const ends = this.#isExcess || this.#fault !== null || this.#all.isDraining
    if (ends && this.#line.length === 0) response.shouldKeepAlive = false
    this.#all.options.begin(request, response, this.#refusal(request), this.#ended)
  }

  #refusal(request: IncomingMessage): Problems.Problem | null {
    if (this.#isExcess) return Problems.tooManyConnections
    return this.#fault === null || request.complete ? null : this.#fault
  }

  readonly #ended = (): void => {
    this.#all.unread.delete(this.#response!)
    if (!this.#request!.complete) this.#unfinished = this.#request
    this.#request = this.#response = null
    this.#isLong = false
    // Its answer was the last one.
    if (!this.#socket.writable) return this.#linger()
    const next = this.#line.shift()
    if (next === undefined) {
      if (this.#fault !== null) this.#linger()
      return
    }
    this.#all.waiting--
    if (!this.#isHeld()) this.#socket.resume()
    this.#begin(next.request, next.response)
  }
}

const CONNECTION = Symbol("jaego/adapters/http/connection")

/** A socket and what is known of it: found without a look-up, once a request. */
interface Known extends Socket {
  [CONNECTION]?: Connection
}

const of = (socket: Socket): Connection => (socket as Known)[CONNECTION]!

const noticing = (unread: UnreadAnswers) =>
  class extends ServerResponse {
    // biome-ignore lint/suspicious/noExplicitAny: node's own signature, which has four overloads
    override end(chunk?: any, encoding?: any, callback?: any): this {
      super.end(chunk, encoding, callback)
      const bytes = this.socket?.writableLength ?? 0
      if (bytes > 0) unread.add(this, bytes)
      return this
    }
  }

export class Connections {
  readonly options: Options
  readonly unread: UnreadAnswers
  /** Requests in all lines. */
  waiting = 0
  isDraining = false
  readonly #connections = new Set<Connection>()

  constructor(options: Options) {
    this.options = options
    this.unread = new UnreadAnswers((response, why) => of(response.socket!).cut(why), options.unreadMax)
    this.response = noticing(this.unread)
  }

  /** How many are open. */
  get open(): number {
    return this.#connections.size
  }

  /** Node's response, which notices what the system has not taken of it at once. */
  readonly response: ReturnType<typeof noticing>

  readonly add = (socket: Socket): void => {
    if (this.#connections.size >= this.options.connectionsMax + SPARE) {
      socket.destroy()
      return this.options.cut("excess")
    }
    const connection = new Connection(this, socket, this.#connections.size >= this.options.connectionsMax)
    ;(socket as Known)[CONNECTION] = connection
    this.#connections.add(connection)
    socket.once("close", () => {
      this.#connections.delete(connection)
      connection.closed()
    })
  }

  readonly receive = (request: IncomingMessage, response: ServerResponse): void =>
    of(request.socket).receive(request, response)

  readonly fail = (socket: Socket, problem: Problems.Problem): void => of(socket).fail(problem)

  /** A request takes too long to come, by the same limit for all. */
  readonly late = (socket: Socket, problem: Problems.Problem): void => {
    if (!of(socket).isLong) of(socket).fail(problem)
  }

  readonly long = ({ req }: ServerResponse): void => of(req.socket).long()

  readonly last = ({ req }: ServerResponse): void => of(req.socket).last()

  readonly cut = ({ req }: ServerResponse, why: Cut): void => of(req.socket).cut(why)

  /** From now on each answer is the last of its connection. */
  drain(): void {
    this.isDraining = true
    for (const connection of this.#connections) connection.drain()
  }

  endQuiet(): void {
    for (const connection of this.#connections) connection.endQuiet()
  }
}
