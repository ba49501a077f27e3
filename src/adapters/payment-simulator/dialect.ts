/** A dialect: how requests over HTTP are read into calls of the till, and what is said is written. */
import type { IncomingHttpHeaders } from "node:http"

export interface Asked {
  readonly method: string
  /** Without query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string
  readonly headers: IncomingHttpHeaders
}

export interface Reply {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Dialect {
  /** Null: nothing is ever answered. */
  readonly serve: (asked: Asked) => Promise<Reply | null>
  /** What a webhook about this ref says, now that something was decided about it. */
  readonly news: (ref: string) => unknown
  /** The header that carries its signature. */
  readonly signatureHeader: string
}

export const NOT_FOUND: Reply = { status: 404, body: { error: { message: "there is nothing here" } } }
