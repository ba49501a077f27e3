/**
 * One connection through the proxy (`postgres-proxy.ts`): both directions, cut into requests and answers, each behind a
 * gate. Watched requests and answers are kept together and announced; all else goes on as it comes.
 *
 * Law: bytes keep their order, and the end of a stream is one of them.
 */
import type { Socket } from "node:net"
import * as Wire from "./postgres-wire.ts"

export type Instant = "asked" | "sent" | "done" | "answered"

/** `cut`: both ends lose the connection now. `hole`: both keep it, and nothing ever passes again, not even its end. */
export type Verdict = "pass" | "cut" | "hole"

export type Ruling = Verdict | Promise<Verdict>

/** Null: this one does not concern it. Bytes wait for a promise. */
export type Hook = (instant: Instant, exchange: Exchange) => Ruling | null

/** One request that is watched, and its answer. */
export interface Exchange {
  readonly session: Session
  readonly sql: string
  /** As they travel. */
  readonly parameters: ReadonlyArray<Buffer | null>
  /** From `done` on. `state`: the SQLSTATE, if it is an error. `value`: first column of the first row. */
  answer: { readonly state: string | null; readonly value: string | null } | null
}

/** The bytes of one direction, in order, behind a gate for each piece. */
class Flow {
  readonly #pieces: Array<{ readonly gate: () => Ruling; readonly go: () => Ruling }> = []
  readonly #obey: (verdict: Verdict) => void
  #waiting = false

  constructor(obey: (verdict: Verdict) => void) {
    this.#obey = obey
  }

  /** `go` is done when `gate` says pass; what it returns is obeyed too. */
  push(gate: () => Ruling, go: () => Ruling): void {
    this.#pieces.push({ gate, go })
    this.#run()
  }

  #run(): void {
    while (!this.#waiting && this.#pieces.length > 0) {
      const { gate, go } = this.#pieces.shift()!
      this.#then(gate(), () => this.#then(go(), () => undefined))
    }
  }

  #then(ruling: Ruling, next: () => void): void {
    const ruled = (verdict: Verdict) => (verdict === "pass" ? next() : this.#obey(verdict))
    if (typeof ruling === "string") return ruled(ruling)
    this.#waiting = true
    void ruling.then((verdict) => {
      this.#waiting = false
      ruled(verdict)
      this.#run()
    })
  }
}

const pass = (): Ruling => "pass"

/** One connection of the service, and ours to the server on its behalf. */
export class Session {
  /** The server's process, once it has let us in. */
  pid = 0
  /** `application_name`: `jaego` or `jaego lease`. */
  application = ""
  readonly #service: Socket
  readonly #server: Socket
  readonly #ask: Hook
  readonly #watch: RegExp
  readonly #up = new Flow((verdict) => this.#obey(verdict))
  readonly #down = new Flow((verdict) => this.#obey(verdict))
  readonly #fromService = new Wire.Messages()
  readonly #fromServer = new Wire.Messages()
  readonly #statements = new Map<string, string>()
  /** Requests without an answer, in order; null: one that is not watched. The first is the start of the session. */
  readonly #unanswered: Array<Exchange | null> = [null]
  /** Messages of a request, or an answer, that is not whole yet. */
  #request: Array<Wire.Message> = []
  #answer: Array<Wire.Message> = []
  #state: "open" | "opaque" | "hole" | "cut" = "open"

  constructor(service: Socket, server: Socket, watch: RegExp, ask: Hook, left: (session: Session) => void) {
    this.#service = service
    this.#server = server
    this.#watch = watch
    this.#ask = ask
    this.#fromService.framing = "untyped"
    service.on("data", (chunk) => this.#heardService(chunk as Buffer)).on("error", () => undefined)
    server.on("data", (chunk) => this.#heardServer(chunk as Buffer)).on("error", () => undefined)
    for (const event of ["end", "close"]) {
      service.once(event, () => this.#end(this.#up, server))
      server.once(event, () => {
        // Last words, of a server that ends the session instead of answering.
        this.#forward()
        this.#end(this.#down, service)
      })
    }
    for (const each of [service, server]) each.once("close", () => service.closed && server.closed && left(this))
  }

  cut(): void {
    this.#state = "cut"
    this.#service.resetAndDestroy()
    this.#server.resetAndDestroy()
  }

  hole(): void {
    if (this.#state !== "cut") this.#state = "hole"
  }

  get passes(): boolean {
    return this.#state === "open" || this.#state === "opaque"
  }

  #obey(verdict: Verdict): void {
    if (verdict === "cut") this.cut()
    if (verdict === "hole") this.hole()
  }

  #send(to: Socket, bytes: Buffer): Ruling {
    if (this.passes && to.writable) to.write(bytes)
    return "pass"
  }

  #end(flow: Flow, to: Socket): void {
    flow.push(pass, () => {
      if (this.passes) to.end()
      return "pass"
    })
  }

  #rule(instant: Instant, exchange: Exchange): Ruling {
    return this.passes ? (this.#ask(instant, exchange) ?? "pass") : "pass"
  }

  #heardService(chunk: Buffer): void {
    if (this.#state === "opaque") return this.#up.push(pass, () => this.#send(this.#server, chunk))
    this.#fromService.add(chunk)
    for (let message = this.#fromService.next(); message !== null; message = this.#fromService.next()) {
      if (message.type === "") this.#starting(message.bytes)
      else this.#asking(message)
    }
  }

  #starting(bytes: Buffer): void {
    const code = Wire.codeOf(bytes)
    if (code === Wire.SSL_REQUEST || code === Wire.GSS_REQUEST) this.#fromServer.framing = "single"
    else if (code === Wire.CANCEL_REQUEST) this.#state = "opaque"
    else {
      this.application = Wire.settingsOf(bytes)["application_name"] ?? ""
      this.#fromService.framing = "typed"
    }
    this.#up.push(pass, () => this.#send(this.#server, bytes))
  }

  #asking(message: Wire.Message): void {
    this.#request.push(message)
    const { type } = message
    const ends = type === "S" || type === "Q" || type === "F"
    // Passwords, copied data, the end: answered with something else than a ReadyForQuery of their own.
    if (!ends && /[PBDECH]/.test(type)) return
    const bytes = Buffer.concat(this.#request.map((each) => each.bytes))
    const exchange = ends ? this.#exchangeOf(this.#request) : null
    this.#request = []
    this.#up.push(exchange === null ? pass : () => this.#rule("asked", exchange), () => {
      if (ends) this.#unanswered.push(exchange)
      this.#send(this.#server, bytes)
      return exchange === null ? "pass" : this.#rule("sent", exchange)
    })
  }

  /** Null: what is asked is not watched. */
  #exchangeOf(request: ReadonlyArray<Wire.Message>): Exchange | null {
    let found: Exchange | null = null
    const look = (sql: string, parameters: ReadonlyArray<Buffer | null>) => {
      if (this.#watch.test(sql)) found = { session: this, sql, parameters, answer: null }
    }
    for (const { type, bytes } of request) {
      if (type === "Q") look(Wire.queryOf(bytes), [])
      if (type === "P") {
        const { name, sql } = Wire.parseOf(bytes)
        this.#statements.set(name, sql)
      }
      if (type === "B") {
        const { name, parameters } = Wire.bindOf(bytes)
        look(this.#statements.get(name) ?? "", parameters)
      }
    }
    return found
  }

  #heardServer(chunk: Buffer): void {
    if (this.#state === "opaque") return this.#down.push(pass, () => this.#send(this.#service, chunk))
    this.#fromServer.add(chunk)
    for (let message = this.#fromServer.next(); message !== null; message = this.#fromServer.next()) {
      if (message.type === "") this.#agreed(message.bytes)
      else this.#answering(message)
    }
    // An answer that is watched is kept together; all others go on as they come.
    if ((this.#unanswered[0] ?? null) === null) this.#forward()
  }

  /** The server's word on encryption: with a yes nothing can be read from here on. */
  #agreed(bytes: Buffer): void {
    this.#fromServer.framing = "typed"
    if (bytes.toString("latin1") !== "N") this.#state = "opaque"
    this.#down.push(pass, () => this.#send(this.#service, Buffer.concat([bytes, this.#fromServer.rest()])))
  }

  #answering(message: Wire.Message): void {
    if (message.type === "K") this.pid = Wire.backendPidOf(message.bytes)
    this.#answer.push(message)
    const exchange = this.#unanswered[0] ?? null
    if (message.type !== "Z") return
    this.#unanswered.shift()
    // What follows may be watched: what came before goes on first, and by itself.
    if (exchange === null) return this.#forward()
    const row = this.#answer.find(({ type }) => type === "D")
    const error = this.#answer.find(({ type }) => type === "E")
    const bytes = Buffer.concat(this.#answer.map((each) => each.bytes))
    this.#answer = []
    exchange.answer = {
      state: error === undefined ? null : Wire.stateOf(error.bytes),
      value: row === undefined ? null : Wire.firstColumnOf(row.bytes),
    }
    this.#down.push(
      () => this.#rule("done", exchange),
      () => {
        this.#send(this.#service, bytes)
        return this.#rule("answered", exchange)
      },
    )
  }

  #forward(): void {
    if (this.#answer.length === 0) return
    const bytes = Buffer.concat(this.#answer.map((each) => each.bytes))
    this.#answer = []
    this.#down.push(pass, () => this.#send(this.#service, bytes))
  }
}
