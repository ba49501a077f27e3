/** Where the books are kept. */
import { resolve } from "node:path"
import * as ConnectionUrl from "../adapters/postgres/connection-url.ts"
import * as Pools from "../adapters/postgres/pools.ts"
import { ConfigProblem, type Env, integer, oneOf, secret, text } from "./knob.ts"

/** As many as a PostgreSQL can be made to take at all. */
const CONNECTIONS_MAX = 10_000

export interface Place {
  /** `postgres` is durable; `memory` forgets everything at exit and is for a first look and for tests. */
  readonly store: "postgres" | "memory"
  /** An existing PostgreSQL, encrypted unless it is local or plain text is asked for; null: an embedded one under `home`. */
  readonly url: string | null
  /** Folder of the embedded database. */
  readonly home: string
}

export interface Database extends Place {
  /** Read from for what may be behind; none: the primary is. */
  readonly replicas: ReadonlyArray<string>
  /** To the database, of each thread at most. */
  readonly connections: Pools.Shares
}

export const read = (env: Env): Place => ({
  store: oneOf(env, "STORE", ["postgres", "memory"]),
  url: url(env),
  home: resolve(text(env, "JAEGO_HOME") ?? ".jaego"),
})

/** URLs hold commas of their own: the next one begins with its scheme. */
const BETWEEN_URLS = /[\s,]+(?=postgres(?:ql)?:\/\/)/

const MANY = 16

export const replicas = (env: Env): ReadonlyArray<string> => {
  const given = secret(env, "DATABASE_REPLICA_URLS")?.split(BETWEEN_URLS) ?? []
  if (given.length > MANY) throw new ConfigProblem({ message: `DATABASE_REPLICA_URLS may name at most ${MANY}` })
  return given.map((url) => replica(url, oneOf(env, "DATABASE_TLS", ["on", "off"])))
}

const replica = (given: string, tls: "on" | "off"): string => {
  try {
    const url = ConnectionUrl.secured(given, tls)
    if (ConnectionUrl.parse(url).hosts.length > 1) throw new ConnectionUrl.UrlProblem("must name one host in each URL")
    return url
  } catch (error) {
    throw new ConfigProblem({ message: `DATABASE_REPLICA_URLS ${(error as Error).message}` })
  }
}

const url = (env: Env): string | null => {
  const given = secret(env, "DATABASE_URL")
  const tls = oneOf(env, "DATABASE_TLS", ["on", "off"])
  try {
    return given === null ? null : ConnectionUrl.secured(given, tls)
  } catch (error) {
    throw new ConfigProblem({ message: `DATABASE_URL ${(error as Error).message}` })
  }
}

/** `parts`: what is to share them. */
export const connections = (env: Env, parts: Pools.Parts): Pools.Shares => {
  const least = Pools.least(parts)
  const bounds = { fallback: 0, min: 1, max: CONNECTIONS_MAX }
  const given = integer(env, "DATABASE_CONNECTIONS", bounds) || null
  if (given !== null && given < least)
    throw new ConfigProblem({
      message: `DATABASE_CONNECTIONS must be at least ${least} with ${parts.owners ? `WORKERS=${parts.workers}` : "INVENTORY=atomic"}, not ${given}`,
    })
  return Pools.share(given, parts)
}
