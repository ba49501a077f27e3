/** Where the books are kept. */
import { resolve } from "node:path"
import * as ConnectionUrl from "../adapters/postgres/connection-url.ts"
import { ConfigProblem, type Env, oneOf, secret, text } from "./knob.ts"

export interface Database {
  /** `postgres` is durable; `memory` forgets everything at exit and is for a first look and for tests. */
  readonly store: "postgres" | "memory"
  /** An existing PostgreSQL, encrypted unless it is local or plain text is asked for; null: an embedded one under `home`. */
  readonly url: string | null
  /** Folder of the embedded database. */
  readonly home: string
}

export const read = (env: Env): Database => ({
  store: oneOf(env, "STORE", ["postgres", "memory"]),
  url: url(env),
  home: resolve(text(env, "JAEGO_HOME") ?? ".jaego"),
})

const url = (env: Env): string | null => {
  const given = secret(env, "DATABASE_URL")
  const tls = oneOf(env, "DATABASE_TLS", ["on", "off"])
  try {
    return given === null ? null : ConnectionUrl.secured(given, tls)
  } catch (error) {
    throw new ConfigProblem({ message: `DATABASE_URL ${(error as Error).message}` })
  }
}
