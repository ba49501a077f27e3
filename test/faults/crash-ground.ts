/**
 * Where a service that is going to be killed keeps its books, and the ways to kill it there: on a Postgres that outlives
 * it, through a proxy that knows the instants of a commit; or on its embedded one, which dies with it.
 */
import { readFileSync } from "node:fs"
import * as Postmaster from "../../src/adapters/embedded-postgres/postmaster.ts"
import * as ServiceRole from "../../src/adapters/embedded-postgres/service-role.ts"
import * as PostgresProxy from "../support/postgres-proxy.ts"
import { freshHome, type Service } from "../support/service.ts"

/** What is left to do when the service stands again; a sentence, if something is wrong. */
type Afterwards = () => Promise<string | null>

/** Kills the service, now or as soon as its moment comes; settles when the signal is sent. */
export interface Blow {
  readonly name: string
  readonly strike: (service: Service) => Promise<Afterwards>
}

export interface Ground {
  readonly env: Readonly<Record<string, string>>
  /** Of the database as it runs now, past any proxy. */
  readonly databaseUrl: () => string
  readonly blows: ReadonlyArray<Blow>
  readonly leave: () => Promise<void>
}

const nothing: Afterwards = () => Promise.resolve(null)

const kill = (service: Service): void => service.process.signal("SIGKILL")

/** Of the commits, those that place orders. */
const places = (exchange: PostgresProxy.Exchange): boolean => PostgresProxy.rowsOf(exchange, "order_id") > 0

/** Of the commits, those that change orders: payments that are recorded, cancellations. */
const changes = (exchange: PostgresProxy.Exchange): boolean =>
  PostgresProxy.rowsOf(exchange, "update_id") > 0 && !places(exchange)

/** Of the commits, those that hold something for an order that is not placed yet: its home is on another worker. */
const holdsAhead = (exchange: PostgresProxy.Exchange): boolean =>
  PostgresProxy.rowsOf(exchange, "hold_order") > 0 && !places(exchange)

/** At whatever the service is doing. */
const atRandom = (random: (below: number) => number): Blow => ({
  name: "killed at a random moment",
  strike: async (service) => {
    // Anywhere within some commits.
    await new Promise((resolve) => setTimeout(resolve, random(20)))
    kill(service)
    return nothing
  },
})

/** At an instant of a commit; `act` says what becomes of the bytes that are there. */
const at = (
  proxy: PostgresProxy.CommitProxy,
  name: string,
  instant: PostgresProxy.Instant,
  act: (exchange: PostgresProxy.Exchange) => readonly [Promise<PostgresProxy.Verdict>, Afterwards],
  fits = places,
): Blow => ({
  name,
  strike: (service) =>
    new Promise((resolve) => {
      const strike = (exchange: PostgresProxy.Exchange) => {
        kill(service)
        const [verdict, afterwards] = act(exchange)
        resolve(afterwards)
        return verdict
      }
      proxy.once(instant, strike, fits)
    }),
})

/** What was held when the service died is lost with it. */
const lost = (): readonly [Promise<PostgresProxy.Verdict>, Afterwards] => {
  const ruling = Promise.withResolvers<PostgresProxy.Verdict>()
  const afterwards = async () => {
    ruling.resolve("cut")
    return null
  }
  return [ruling.promise, afterwards]
}

/** What was held arrives when the next service owns the lanes already. */
const late = (proxy: PostgresProxy.CommitProxy) => (held: PostgresProxy.Exchange) => {
  const ruling = Promise.withResolvers<PostgresProxy.Verdict>()
  const answered = Promise.withResolvers<string | null>()
  proxy.on((instant, exchange) => {
    if (instant === "done" && exchange === held) answered.resolve(exchange.answer!.state)
    return null
  })
  const afterwards = async () => {
    ruling.resolve("pass")
    const state = await answered.promise
    return state === "JG001" ? null : `a commit that arrived after its sender was replaced was answered with ${state}`
  }
  return [ruling.promise, afterwards] as const
}

const passing = (): readonly [Promise<PostgresProxy.Verdict>, Afterwards] => [Promise.resolve("pass"), nothing]

export const LATE = "killed before its commit was sent, which arrived after the restart and was fenced"

/** A database that outlives the service. */
export const proxied = async (
  databaseUrl: string,
  workers: number,
  random: (below: number) => number,
): Promise<Ground> => {
  const proxy = await PostgresProxy.start(databaseUrl)
  return {
    env: { DATABASE_URL: proxy.url },
    databaseUrl: () => databaseUrl,
    blows: [
      at(proxy, "killed before its commit was sent", "asked", lost),
      at(proxy, "killed with its commit sent and not answered", "sent", passing),
      at(proxy, "killed with its commit's answer on its way", "done", lost),
      at(proxy, "killed as it was answered its commit", "answered", passing),
      at(proxy, LATE, "asked", late(proxy)),
      at(proxy, "killed before a payment or cancellation was recorded", "asked", lost, changes),
      ...(workers > 1 ? [at(proxy, "killed between a hold and its order", "answered", passing, holdsAhead)] : []),
      atRandom(random),
    ],
    leave: () => proxy.close(),
  }
}

const childrenOf = (pid: number): ReadonlyArray<number> => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number)
  } catch {
    // Elsewhere than on Linux: they end by themselves, when they notice that the postmaster has gone.
    return []
  }
}

const killPid = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
  }
}

/** A database that the service brought along: killed too, with every one of its processes, before it or after it. */
export const embedded = async (random: (below: number) => number): Promise<Ground> => {
  const { home, remove } = freshHome()
  const killPostgres = () => {
    const { pid } = Postmaster.read(home)!
    const children = childrenOf(pid)
    // First of all: it would start the others anew.
    killPid(pid)
    for (const child of children) killPid(child)
  }
  const together = (name: string, both: (service: Service) => void): Blow => ({
    name,
    strike: async (service) => {
      await new Promise((resolve) => setTimeout(resolve, random(20)))
      both(service)
      return nothing
    },
  })
  return {
    env: { JAEGO_HOME: home },
    databaseUrl: () => ServiceRole.urlOf(home, Postmaster.read(home)!.port),
    blows: [
      together("killed together with Postgres", (service) => {
        killPostgres()
        kill(service)
      }),
      together("killed alone, and its Postgres stopped by the watchdog", kill),
      together("killed, and then its Postgres", (service) => {
        kill(service)
        killPostgres()
      }),
    ],
    leave: async () => {
      const left = Postmaster.read(home)
      if (left !== null && Postmaster.isAlive(home, left.pid)) killPostgres()
      remove()
    },
  }
}
