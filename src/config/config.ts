/**
 * Every knob of the service, in groups, checked once at start. A group lies in its own file with its variables, their
 * defaults, units and bounds, and hands out the options of the modules that it is for. What an operator needs to know of
 * each stands in docs/operating.md.
 *
 * Law: only roots read it. Fails: `ConfigProblem`, one clear line.
 */
import * as Cache from "./cache.ts"
import * as Database from "./database.ts"
import * as Events from "./events.ts"
import * as Http from "./http.ts"
import * as Imports from "./imports.ts"
import * as Inventory from "./inventory.ts"
import { ConfigProblem, type Env } from "./knob.ts"
import * as Logs from "./logs.ts"
import * as Payment from "./payment.ts"
import * as Resilience from "./resilience.ts"
import * as Shipping from "./shipping.ts"
import * as Traces from "./traces.ts"

export interface Config {
  readonly http: Http.Http
  readonly database: Database.Database
  readonly imports: Imports.Imports
  readonly inventory: Inventory.Inventory
  readonly payment: Payment.Payment
  readonly resilience: Resilience.Resilience
  readonly shipping: Shipping.Shipping
  readonly events: Events.Events
  readonly cache: Cache.Cache
  readonly logs: Logs.Logs
  readonly traces: Traces.Traces
}

/** Throws `ConfigProblem`. */
export const read = (env: Env, platform: NodeJS.Platform = process.platform): Config => {
  const inventory = Inventory.read(env)
  const events = Events.read(env)
  const parts = { workers: inventory.workers, owners: inventory.guard === null, facts: events.facts === "on" }
  const payment = Payment.read(env)
  const traces = Traces.read(env)
  const config: Config = {
    http: Http.read(env, platform, traces.sampling),
    database: {
      ...Database.read(env),
      replicas: Database.replicas(env),
      connections: Database.connections(env, parts),
    },
    imports: Imports.read(env),
    inventory,
    payment,
    resilience: Resilience.read(env, payment.provider.kind),
    shipping: Shipping.read(env),
    events,
    cache: Cache.read(env),
    logs: Logs.read(env),
    traces,
  }
  if (config.database.replicas.length > 0) {
    if (config.inventory.guard !== null)
      throw new ConfigProblem({ message: `DATABASE_REPLICA_URLS needs owners, not INVENTORY=${env["INVENTORY"]}` })
    if (config.database.url === null) throw new ConfigProblem({ message: "DATABASE_REPLICA_URLS needs DATABASE_URL" })
  }
  if (config.database.store === "memory") {
    if (config.inventory.guard !== null) throw needsDatabase(`INVENTORY=${env["INVENTORY"]}`)
    if (config.events.kafka !== null) throw needsDatabase("KAFKA_BROKERS")
  }
  return config
}

/** The main thread, the workers, those for HTTP, and the one for facts. */
export const threadsOf = ({ http, inventory }: Config): number => 1 + inventory.workers + http.threads + 1

const needsDatabase = (knob: string): ConfigProblem =>
  new ConfigProblem({ message: `${knob} needs a database: it cannot go with STORE=memory` })
